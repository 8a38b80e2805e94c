import { describe, expect, it } from 'vitest';
import { Box } from './box';
import { facts, installJob, lasting, oldHome, packages, rollbackJob, wanted } from './update';

const shells = ['dash', 'bash --posix', 'busybox sh'];

describe.each(shells)('an update in %s', (shell) => {
  it.each(['reboot', 'service'])(
    'installs, and rolls back to exactly what was there, by %s',
    async (restart) => {
      const box = new Box({ shell, system: { modules: wanted, restart } });
      oldHome(box);
      const settings = box.write('etc/set tings/a.conf', 'a=1');
      box.link('etc/linked', 'set tings');
      const server = { settingsPaths: [`${box.root}/etc/linked`, `${box.root}/etc/absent`] };
      Object.assign(box.server, server);
      const known = await packages(box);
      const before = box.tree();

      expect(await box.through(await installJob(box, 'r-1', known))).toEqual({
        kind: 'exit',
        state: 'done',
        step: null,
        message: '',
      });
      const after = await facts(box, known);
      expect(after.modules).toEqual(wanted);
      expect(after.job).toMatchObject({ id: 'r-1', state: 'done', message: null });
      expect(after.service?.state).toBe('running');
      expect(box.history()).toEqual(['1.0.0', '2.0.0']);
      expect(box.read('home/models/faces/net.bin')).toBe('faces/net.bin 2.0.0');
      expect(box.read('home/modules/-rf')).toBe('-rf 2.0.0');
      expect(box.has('lock') || box.has('pwned')).toBe(false);

      box.write('etc/set tings/a.conf', 'a=2');
      box.write('etc/absent', 'made later');
      expect(await box.through(await rollbackJob(box, 'r-2', known))).toEqual({
        kind: 'exit',
        state: 'done',
        step: null,
        message: '',
      });
      expect((await facts(box, known)).history).toEqual(['1.0.0']);
      expect(lasting(box.tree())).toEqual(lasting(before));
      expect(box.read('etc/set tings/a.conf')).toBe('a=1');
      expect(box.tree(`${box.root}/etc`)['./linked']).toBe('link set tings');
      expect(box.has('etc/absent')).toBe(false);
      expect(settings).toContain('set tings');
      expect(box.has('up')).toBe(true);
    },
  );
});
