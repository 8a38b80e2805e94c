import { it } from 'vitest';
import { Box } from './box';
import { installJob, oldHome, packages, wanted } from './update';
it('t', async () => {
    const box = new Box({ shell:'dash', system: { modules: wanted, restart:'reboot' } });
    oldHome(box);
    const known = await packages(box);
    await box.lay(await installJob(box, 'r-1', known));
    for (let i=0;i<3;i++){ const t=Date.now(); const r=await box.runner('r-1'); console.log(Date.now()-t, r); 
    if (box.has('state/jobs/r-1/exit')) break;}
    console.log(box.journal('r-1').map(l=>l.join(' ')).join('\n'));
});
