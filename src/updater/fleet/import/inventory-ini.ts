import { FleetError } from '../../errors';
import { Groups } from './inventory-groups';
import { addHosts } from './inventory-pattern';

/** Characters of a line; what is longer is no inventory. */
const longestLine = 2 ** 16;

/** Reads an inventory in INI's form: `[group]`, `[group:children]`, `[group:vars]`, and hosts with `key=value` behind them. */
export function readIni(text: string, file: string): Groups {
  const groups = new Groups();
  let group = 'ungrouped';
  let kind = 'hosts';
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';')) return;
    const fail = (what: string): never => {
      throw new FleetError('usage', `${file}:${index + 1}: ${what}`, {
        hint: 'Correct the inventory; nothing was imported. "ansible-inventory --list" checks it too.',
      });
    };
    if (line.length > longestLine) fail(`This line has more than ${longestLine} characters.`);
    const section = /^\[([^\]:\s]+)(?::(\w+))?\]\s*(?:[#;].*)?$/.exec(line);
    if (section?.[1] !== undefined) {
      [, group, kind = 'hosts'] = section as unknown as [string, string, string | undefined];
      if (!['hosts', 'children', 'vars'].includes(kind))
        fail(`A section is [group], [group:children] or [group:vars], not [${group}:${kind}].`);
      groups.group(group);
      return;
    }
    if (/^\[.*\]$/.test(line) && !/^\[[0-9a-f:.]+\]$/i.test(line)) fail(`"${line}" is no section.`);
    if (kind === 'vars') {
      const [, key, value] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? fail('A variable is written key=value.');
      groups.group(group).vars.set(key ?? '', unquoted(value ?? ''));
      return;
    }
    const words = wordsOf(line) ?? fail('A quotation mark is never closed.');
    const [name = ''] = words;
    if (kind === 'children') groups.group(group).children.add(name);
    else {
      const vars = words.slice(1).map((word): [string, string] => {
        const at = word.indexOf('=');
        return at < 1
          ? fail(`Behind a host comes key=value, not "${word}".`)
          : [word.slice(0, at), word.slice(at + 1)];
      });
      addHosts(groups, group, name, vars);
    }
  });
  return groups;
}

/** The words of a line as a shell would part them, without its comment; undefined where a quotation mark is left open. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  const part = /\s+|#.*$|((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)|./gsuy;
  for (const [whole, word] of line.matchAll(part)) {
    if (word !== undefined) words.push(plain(word));
    else if (whole.startsWith('#')) break;
    else if (whole.trim() !== '') return undefined;
  }
  return words;
}

function plain(word: string): string {
  return word.replace(
    /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/gsu,
    (_, escaped?: string, double?: string, single?: string) =>
      escaped ?? double?.replace(/\\(["\\])/g, '$1') ?? single ?? '',
  );
}

/** The value of a line of variables: quotation marks around it are not part of it, a comment behind it neither. */
function unquoted(text: string): string {
  const quoted = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(text);
  return quoted?.[2] ?? text.replace(/\s#.*$/, '').trim();
}
