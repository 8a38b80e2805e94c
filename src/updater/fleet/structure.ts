import { getNodeValue } from 'jsonc-parser';
import type { Node } from 'jsonc-parser';
import { quote } from './document';
import type { Document, Path, Problem } from './document';
import { pickMessage } from './messages';
import type { ProductId } from './model';
import { nearest } from './nearest';
import { ownersOf, PRODUCT_FIELDS, PRODUCT_WORDS } from './products';
import { serverRolloutFields, systemRolloutFields } from './rollout-fields';

/** What a walk over a valibot schema needs to know of it. */
export interface Shape {
  type: string;
  wrapped?: Shape;
  entries?: Record<string, Shape>;
  value?: Shape;
}

const SECRET = /passw(or)?d|passphrase|secret|privatekey|^pwd$|token$|credential|apikey/;
const PLAIN_SECRET = /^(password|passwd|pwd|passphrase|secret|privatekey)$/;
const NO_SECRET =
  'Never a secret in a fleet file. Keys come from the SSH agent, ~/.ssh/config or "identityFile" (a path); ' +
  'VS Code asks for passwords and passphrases and keeps them in its secret storage; ' +
  'the command line asks too, or reads the variable that --password-env names. Remove it from here, and change it if others have seen this file.';
const SYSTEM_ONLY = [
  ...['canary', 'maxFailures', 'maxParallel', 'product', 'releaseLines'],
  ...Object.keys(systemRolloutFields),
];
/** JavaScript's objects treat these as their own. */
const RESERVED = ['__proto__', 'constructor', 'prototype'];

/** All that the schema itself cannot tell well: unknown and repeated keys, fields of another product, secrets, lists in place of objects. */
export function checkStructure(document: Document, root: Node, schema: Shape): Problem[] {
  const problems: Problem[] = [];
  const report = (message: string, node: Node, path: Path) =>
    problems.push(document.problem(message, node, path));

  const walk = (node: Node, shape: Shape | undefined, path: Path, owner: Owner): void => {
    if (node.type === 'string' && isSecretText(String(node.value), path.at(-1)))
      report(NO_SECRET, node, path);
    if (node.type === 'array' && isObject(shape))
      report('Expected an object { … }, found a list [ … ].', node, path);
    if (node.type === 'array')
      node.children?.forEach((item, index) => walk(item, undefined, [...path, index], owner));
    if (node.type !== 'object') return;
    const here = path.length === 2 && path[0] === 'systems' ? ownerOf(node, path) : owner;
    const seen = new Set<string>();
    for (const property of node.children ?? []) {
      const [key, value] = property.children ?? [];
      if (key === undefined || value === undefined) continue;
      const name = String(key.value);
      const at = [...path, name];
      const plain = name.toLowerCase().replace(/[^a-z]/g, '');
      const known = inner(shape)?.entries;
      const unknown = known !== undefined && !Object.hasOwn(known, name);
      if (seen.has(name)) report(`${quote(name)} stands here twice.`, key, at);
      else if ((PLAIN_SECRET.test(plain) && value.type !== 'object') || (unknown && SECRET.test(plain)))
        report(NO_SECRET, key, at);
      else if (RESERVED.includes(name)) report(`${quote(name)} cannot be used as a name.`, key, at);
      else if (unknown) report(unknownMessage(name, path, known, here), key, at);
      else if (known !== undefined && isLevel(path)) {
        const wrong = wrongProduct(name, here);
        const wrongWord = wrongWordOf(name, getNodeValue(value), here);
        if (wrong !== undefined) report(wrong, key, at);
        else if (wrongWord !== undefined) report(wrongWord, value, at);
      }
      seen.add(name);
      walk(value, known === undefined ? inner(shape)?.value : known[name], at, here);
    }
  };
  walk(root, schema, [], { system: '', product: undefined });
  return problems;
}

interface Owner {
  system: string;
  product: ProductId | undefined;
}

function ownerOf(node: Node, path: Path): Owner {
  const product: unknown = node.children?.findLast(({ children }) => children?.[0]?.value === 'product')
    ?.children?.[1]?.value;
  return {
    system: String(path[1]),
    product:
      typeof product === 'string' && Object.hasOwn(PRODUCT_FIELDS, product)
        ? (product as ProductId)
        : undefined,
  };
}

function inner(shape: Shape | undefined): Shape | undefined {
  let found = shape;
  while (found?.wrapped !== undefined) found = found.wrapped;
  return found;
}

function isObject(shape: Shape | undefined): boolean {
  return ['strict_object', 'record'].includes(inner(shape)?.type ?? '');
}

/** Whether a path is that of a system or of a server. */
function isLevel(path: Path): boolean {
  return (path.length === 2 || (path.length === 4 && path[2] === 'servers')) && path[0] === 'systems';
}

function wrongProduct(name: string, { system, product }: Owner): string | undefined {
  const owners = ownersOf(name);
  if (product === undefined || owners.length === 0 || owners.includes(product)) return undefined;
  return `"${name}" is a field of ${owners.join(' and ')} systems; ${quote(system)} is a ${product} system.`;
}

/** A field of several products may take other words in each. */
function wrongWordOf(name: string, value: unknown, { system, product }: Owner): string | undefined {
  const choices = Object.hasOwn(PRODUCT_WORDS, name) ? PRODUCT_WORDS[name] : undefined;
  const words = product === undefined ? undefined : choices?.[product];
  if (words === undefined || words.some((word) => word === value)) return undefined;
  const owners = Object.entries(choices ?? {}).filter(([, others]) => others.some((word) => word === value));
  const elsewhere =
    owners.length === 0
      ? ''
      : ` It is a word for ${owners.map(([owner]) => owner).join(' and ')} systems; ${quote(system)} is a ${product} system.`;
  return `"${name}" ${pickMessage(words, value)}${elsewhere}`;
}

function unknownMessage(name: string, path: Path, known: Record<string, Shape>, owner: Owner): string {
  if (path.length === 2 && path[0] === 'systems' && name === 'host')
    return '"host" belongs to a server: it stands under "servers".';
  if (path.length === 4 && SYSTEM_ONLY.includes(name))
    return `"${name}" belongs to the system: it holds for all its servers.`;
  if (path.length === 2 && path[0] === 'systems' && name in serverRolloutFields)
    return `"${name}" belongs to the servers, each with its own.`;
  if (path.length === 2 && path[0] === 'systems' && name === 'maxParallelPerSite')
    return `"${name}" belongs to the fleet: it stands beside "systems".`;
  const fits = Object.keys(known).filter((key) => !isLevel(path) || wrongProduct(key, owner) === undefined);
  const near = nearest(name, fits);
  const suggestion = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `Unknown key ${quote(name)}.${suggestion}`;
}

/** A private key, a password in an address, or one in `user:password@host` of a jump host. */
function isSecretText(text: string, key: string | number | undefined): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text)) return true;
  if (/[a-z][a-z0-9+.-]*:\/\/[^\s@/:]*:[^\s@/]+@/i.test(text)) return true;
  return key === 'jump' && /^[^\s@:]+:[^@]+@/.test(text);
}
