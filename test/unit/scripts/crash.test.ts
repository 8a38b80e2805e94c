import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Box } from './box';
import { facts, installJob, lasting, oldHome, packages, rollbackJob, wanted } from './update';

const commands = ['cp', 'mv', 'rm', 'mkdir', 'sync', 'touch', 'chown', 'chmod', 'unzip', 'ln', 'cmp'];

/** Puts programs before the real ones that kill the runner before its NTH such call within each step; once a step. */
function deaths(box: Box, id: string, nth: number): void {
  for (const name of commands) {
    const file = join(box.bin, name);
    writeFileSync(
      file,
      `#!/bin/sh
[ -n "$RUNNER" ] || { PATH=\${PATH#*:}; exec ${name} "$@"; }
PATH=$REAL_PATH
step=$(tail -n 1 "$JOB/journal" 2>/dev/null | cut -f 3)
[ -n "$step" ] && {
  counter=$COUNTERS.\${step:-0}
  n=$(($(cat "$counter" 2>/dev/null || echo 0) + 1))
  echo $n >"$counter"
  [ $n = ${nth} ] && { kill -9 "$RUNNER"; exit 137; }
}
exec ${name} "$@"
`,
    );
    chmodSync(file, 0o755);
  }
}

async function dying(box: Box, id: string, nth: number, powerCut: boolean): Promise<number> {
  deaths(box, id, nth);
  const env = {
    REAL_PATH: process.env.PATH ?? '',
    JOB: box.jobDir(id),
    COUNTERS: join(box.bin, `count-${id}`),
  };
  let died = 0;
  for (; died < 80 && !box.has(`state/jobs/${id}/exit`); died++) {
    const run = `RUNNER=$$; export RUNNER; exec sh "$1" run "$2"`;
    const end = await box.exec(['sh', '-c', run, 'sh', join(box.jobDir(id), 'job.sh'), box.jobDir(id)], {
      env,
    });
    if (end.signal === null) break;
    if (powerCut) await box.exec([join(box.root, 'product'), 'reboot', box.home]);
  }
  return died;
}

describe('a job that dies once in every step', () => {
  const table = [
    { nth: 1, how: 'its runner is killed', powerCut: false },
    { nth: 3, how: 'its runner is killed', powerCut: false },
    { nth: 1, how: 'the power is cut', powerCut: true },
    { nth: 2, how: 'the power is cut', powerCut: true },
  ];
  it.each(table)('ends as if it had not: $how before call $nth', async ({ nth, powerCut }) => {
    const box = new Box({ system: { modules: wanted, restart: powerCut ? 'reboot' : 'service' } });
    oldHome(box);
    Object.assign(box.server, { settingsPaths: [join(box.root, 'etc')] });
    box.write('etc/a.conf', 'a=1');
    const known = await packages(box);
    const before = lasting(box.tree());

    await box.lay(await installJob(box, 'r-1', known));
    expect(await dying(box, 'r-1', nth, powerCut)).toBeGreaterThan(8);
    expect(box.exit('r-1')).toMatchObject({ state: 'done' });
    expect((await facts(box, known)).modules).toEqual(wanted);
    expect(box.history()).toEqual(['1.0.0', '2.0.0']);
    expect(box.read('home/models/faces/net.bin')).toBe('faces/net.bin 2.0.0');
    expect(Object.keys(box.tree()).filter((path) => path.startsWith('./modules-upgrade/'))).toEqual([
      './modules-upgrade/',
    ]);

    box.write('etc/a.conf', 'a=2');
    await box.lay(await rollbackJob(box, 'r-2', known));
    expect(await dying(box, 'r-2', nth, powerCut)).toBeGreaterThan(4);
    expect(box.exit('r-2')).toMatchObject({ state: 'done' });
    expect(lasting(box.tree())).toEqual(before);
    expect(box.read('etc/a.conf')).toBe('a=1');
    expect(box.history()).toEqual(['1.0.0']);
    expect(box.has('up')).toBe(true);
  });
});
