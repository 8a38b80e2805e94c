import { describe, expect, it } from 'vitest';
import { readInventory } from '../../../src/updater/fleet/import/inventory';

const read = (file: string, ...lines: string[]) => readInventory(lines.join('\n'), file);
const refused = (text: RegExp) =>
  expect.objectContaining({ code: 'usage', message: expect.stringMatching(text) as string }) as Error;
/** Milliseconds; what is refused here would take minutes, or never end. */
const soon = { timeout: 10_000 };

describe('a small inventory that would keep everything waiting', () => {
  it('is refused where its aliases multiply', soon, async () => {
    const lines = ['a: &l0 { hosts: { h: } }'];
    for (let level = 1; level <= 12; level++)
      lines.push(
        `v${level}: &l${level} { children: { ${[...'abcdefg'].map((c) => `${c}: *l${level - 1}`).join(', ')} } }`,
      );
    await expect(read('i.yml', ...lines)).rejects.toEqual(refused(/again and again/));
  });

  it('is read where they only meet', async () => {
    const lines = ['a: &l0 { hosts: { h: } }'];
    for (let level = 1; level <= 5; level++)
      lines.push(`v${level}: &l${level} { children: { a: *l${level - 1}, b: *l${level - 1} } }`);
    expect((await read('i.yml', ...lines)).map(({ name }) => name)).toEqual(['h']);
  });

  it('is refused where variables are laid over each host of many', soon, async () => {
    const vars = Array.from({ length: 5000 }, (_, at) => `v${at}=1`);
    await expect(read('i.ini', '[all:vars]', ...vars, '[a]', 'h[0:9999]')).rejects.toEqual(
      refused(/again and again/),
    );
  });

  it('is refused where ranges multiply', soon, async () => {
    const ranges = Array.from({ length: 2000 }, () => 'h[0:9999]');
    await expect(read('i.ini', '[a]', ...ranges)).rejects.toEqual(refused(/again and again/));
  });

  it('has names of hosts that can be taken apart', soon, async () => {
    await expect(read('i.ini', `a${'[]'.repeat(200)}`)).resolves.toHaveLength(1);
    await expect(read('i.ini', `${'x[a:a]'.repeat(5000)}`)).rejects.toEqual(
      refused(/too long for the name of a host/),
    );
  });

  it('is refused with the line that is too long', soon, async () => {
    await expect(read('i.ini', '[a]', 'a'.repeat(9_000_000))).rejects.toEqual(
      refused(/^i\.ini:2: This line has more than 65536 characters\.$/),
    );
    await expect(read('i.ini', '[a]', `h x=${'""'.repeat(4_000_000)}`)).rejects.toEqual(
      refused(/^i\.ini:2: /),
    );
    const spaces = ' '.repeat(65_000);
    const lines = Array.from({ length: 100 }, () => `k = a${spaces}b`);
    await expect(read('i.ini', '[a:vars]', ...lines)).resolves.toEqual([]);
  });

  it('is refused where it is nested without end', soon, async () => {
    await expect(read('i.yml', `a: ${'['.repeat(1_000_000)}`)).rejects.toEqual(
      refused(/nested too deeply|i\.yml:1: /),
    );
  });
});
