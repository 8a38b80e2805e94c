import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { activeLines } from '../../../src/cli/progress';
import { table } from '../../../src/cli/table';
import { size } from '../../../src/updater/size';
import { printable, Terminal } from '../../../src/cli/terminal';
import { parseFleet } from '../../../src/updater/fleet/read';
import type { Fleet } from '../../../src/updater/fleet/model';
import { applyEvent, initialState } from '../../../src/updater/rollout/state';

function terminal(tty: boolean, env: NodeJS.ProcessEnv = {}, json = false, columns = 20) {
  let [out, err] = ['', ''];
  const stream = (take: (text: string) => void) =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          take(chunk.toString());
          done();
        },
      }),
      { isTTY: tty, columns, rows: columns && 5 },
    );
  const streams = {
    stdin: new PassThrough(),
    stdout: stream((text) => (out += text)),
    stderr: stream((text) => (err += text)),
    env,
  };
  return { terminal: new Terminal(streams, json), out: () => out, err: () => err };
}

describe('terminal', () => {
  it('redraws its live region, cut to width and height, and steps aside for lines', () => {
    const { terminal: screen, out, err } = terminal(true);
    screen.draw(['a line that is longer than the screen', 'b']);
    screen.say('done');
    screen.draw([]);
    expect(err()).toBe(
      'a line that is long\nb\n\u001b[2A\u001b[0Ja line that is long\nb\n\u001b[2A\u001b[0J',
    );
    expect(out()).toBe('done\n');
    screen.draw(['1', '2', '3', '4']);
    expect(err()).toMatch(/1\n2\n… and 2 more\n$/);
  });

  it('takes 80 by 24 where the terminal does not know its size', () => {
    const { terminal: screen, err } = terminal(true, {}, false, 0);
    screen.draw(['one', 'two']);
    expect(err()).toBe('one\ntwo\n');
  });

  it('draws and colours nothing where there is no terminal, NO_COLOR is set or it is dumb', () => {
    const { terminal: screen, err } = terminal(false);
    screen.draw(['working']);
    expect(err()).toBe('');
    expect(screen.paint('red', 'x')).toBe('x');
    expect(terminal(true, { NO_COLOR: '1' }).terminal.paint('red', 'x')).toBe('x');
    expect(terminal(true, { TERM: 'dumb' }).terminal.live).toBe(false);
    const { terminal: coloured, out } = terminal(true);
    coloured.say(`${coloured.paint('red', 'x')} y`);
    expect(out()).toBe('\u001b[31mx\u001b[0m y\n');
  });

  it('keeps stdout for the document with --json', () => {
    const { terminal: screen, out, err } = terminal(false, {}, true);
    screen.say('text');
    screen.document({ a: 1 });
    expect(JSON.parse(out())).toEqual({ a: 1 });
    expect(err()).toBe('text\n');
  });

  it('lets nothing that a server says move the cursor, retitle the window or turn the text around', () => {
    const said =
      'a\u001b[2Jb\u001b]0;title\u0007c\rd\u202ee\u009b1mf\n\u001b[31mred\u001b[0m\u001b[8mgone\u001bcz';
    expect(printable(said)).toBe('abcdef\nredgonecz');
  });
});

describe('what a server says', () => {
  const hidden = '\u001b[8mhidden';

  it('neither conceals nor colours anything, painted or not, on a terminal or into a file', () => {
    for (const tty of [true, false]) {
      const { terminal: screen, out } = terminal(tty, { NO_COLOR: '1' });
      screen.say(`${screen.paint('dim', hidden)} ${hidden}`);
      expect(out()).toBe('hidden hidden\n');
    }
    const { terminal: coloured, out, err } = terminal(true);
    coloured.say(coloured.paint('red', hidden));
    coloured.prompt(`${hidden} Go on?`);
    expect(out()).toBe('\u001b[31mhidden\u001b[0m\n');
    expect(err()).toBe('hidden Go on?');
  });

  it('takes no more room in a table than can be seen of it', () => {
    const { terminal: screen } = terminal(false);
    const paint = screen.paint.bind(screen);
    expect(table(['A', 'B'], [[hidden, 'x']], paint)).toEqual(['A       B', 'hidden  x']);
  });

  it('keeps the line ends of a file, and is harmless in it', () => {
    const { terminal: screen, out } = terminal(false);
    screen.file(`a,b\r\n${hidden},"x\ny"\r\n`);
    expect(out()).toBe('a,b\r\nhidden,"x\ny"\r\n');
  });
});

describe('tables and figures', () => {
  it('aligns columns, keeps rows on one line and leaves no space at the end', () => {
    const rows = [
      ['a', { text: 'long\ntext', style: 'red' as const }, ''],
      ['bcd', '', 'x'],
    ];
    expect(table(['A', 'B', 'C'], rows, (_style, text) => text)).toEqual([
      'A    B          C',
      'a    long text',
      'bcd             x',
    ]);
  });

  it('writes bytes in the largest fitting unit', () => {
    expect([0, 1023, 1024, 1536, 5 * 1024 ** 3].map(size)).toEqual([
      '0 bytes',
      '1023 bytes',
      '1.0 KiB',
      '1.5 KiB',
      '5.0 GiB',
    ]);
  });

  it('shows each server at work, and those that wait behind it', () => {
    const servers = ['b1', 'b2', 'b3', 'b4']
      .map((id) => `"${id}": { "host": "h${id}", "os": "linux" }`)
      .join(',');
    const { fleet } = parseFleet(
      `{ "name": "F", "systems": { "s": { "product": "banalytics", "home": "/opt/b", "modules": { "com.banalytics.box:core": "1.0.0" }, "servers": { ${servers} } } } }`,
      '/f.fleet.jsonc',
    );
    const at = '2026-11-21T08:00:00.000Z';
    const states = initialState(fleet as Fleet, at);
    const stamp = { at, rollout: 'r' };
    const told = [
      { ...stamp, type: 'status', server: 'b1', status: 'downloading', step: 'transfer', detail: null },
      { ...stamp, type: 'progress', server: 'b1', step: 'transfer', done: 25, total: 100 },
      { ...stamp, type: 'status', server: 'b2', status: 'restarting', step: 'restart', detail: 'away' },
      { ...stamp, type: 'status', server: 'b3', status: 'queued', step: null, detail: 'behind b1' },
    ] as const;
    for (const event of told) for (const [id, state] of states) states.set(id, applyEvent(state, event));
    expect(activeLines(states.values(), new Date(Date.parse(at) + 65_000))).toEqual([
      'b1  downloading   [#####...............]  25 %  transfer',
      'b2  restarting    1 min 05 s  restart: away',
      '1 server queued: b3 behind b1',
    ]);
  });
});
