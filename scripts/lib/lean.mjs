// Leaves out of the product what libraries bring along and nobody here calls.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

/** Modules by the end of their path, and what stands for them. */
const standIns = [
  // We are never an SSH server, make no keys, and speak no HTTP through a server by way of agents.
  [/ssh2\/lib\/server\.js$/, () => 'module.exports = undefined;'],
  [/ssh2\/lib\/keygen\.js$/, () => 'module.exports = {};'],
  [/ssh2\/lib\/http-agents\.js$/, () => 'module.exports = {};'],
  // Poly1305 as WebAssembly with a loader of its own around it; the same is in another library.
  [/ssh2\/lib\/protocol\/crypto\/poly1305\.js$/, poly1305],
  // Asks for the age of Node, in a whole copy of semver; only a download of folders would call it.
  [
    /make-dir\/index\.js$/,
    () => `module.exports = (dir) => require('node:fs/promises').mkdir(dir, { recursive: true });`,
  ],
  // One hash of it is used, for passphrases of keys; Node has the same.
  [/tweetnacl\/nacl-fast\.js$/, () => sha512],
  // Of Windows' code pages those that a console may have.
  [/iconv-lite\/encodings\/sbcs-data-generated\.js$/, oemPages],
  // Archives are read by a reader of our own, and Node has this checksum.
  [/yauzl\/fd-slicer\.js$/, () => 'module.exports = undefined;'],
  [/yauzl\/crc32\.js$/, () => 'module.exports = undefined;'],
  // We read YAML and write none.
  [/js-yaml\/lib\/dumper\.js$/, () => 'module.exports = {};'],
];

const never = 'false';
/** ssh2 is asked by nobody to tell what it does. */
const silent = [/\b(\w+\.)+_debug\b(?! =)/g, 'undefined'];
const mute = [/\bdebug && debug\(/g, `${never} && debug(`];

/** Methods of a class that nobody calls. Their names are checked: what is left must not speak of one. */
const without = (...names) => names.map((name) => [method(name), '', name]);
const method = (name) => new RegExp(`^( {2}| {4})(?:async )?${name}\\(.*?^\\1\\}\\n`, 'ms');

/** Modules by the end of their path, and what is known of them beforehand; esbuild drops what is dead by it. */
const narrowed = [
  // The client's side of the protocol is ours.
  [
    /ssh2\/lib\/protocol\/Protocol\.js$/,
    [/\bthis\._server\b(?! =)/g, never],
    ...without('serviceAccept', 'forwardedTcpip', 'openssh_authAgent', 'openssh_forwardedStreamLocal'),
    ...without('authFailure', 'authSuccess', 'authPKOK', 'authPasswdChg', 'authInfoReq', 'shell'),
    ...without('openssh_streamLocalForward', 'openssh_cancelStreamLocalForward', 'openssh_directStreamLocal'),
    ...without('openssh_noMoreSessions'),
    silent,
  ],
  [/ssh2\/lib\/protocol\/kex\.js$/, [/\b(self|this\._protocol)\._server\b/g, never], silent, mute],
  [
    /ssh2\/lib\/protocol\/SFTP\.js$/,
    [/\bthis\.server\b(?! =)/g, never],
    [/^const SERVER_HANDLERS = \{.*?^\};/ms, 'const SERVER_HANDLERS = {};'],
    // Whole files as streams, and what hangs on them.
    [/^\/\/ ReadStream\/WriteStream-related.*?(?=^module\.exports)/ms, ''],
    [/^function (?:fastXfer|writeAll|read_)\(.*?^\}\n/gms, ''],
    ...without(
      'createReadStream',
      'createWriteStream',
      'read',
      'readData',
      'writeData',
      'fastGet',
      'fastPut',
    ),
    ...without(
      'readFile',
      'writeFile',
      'appendFile',
      'exists',
      'rmdir',
      'readdir',
      'opendir',
      'fstat',
      'lstat',
    ),
    ...without('setstat', 'fsetstat', 'futimes', 'utimes', 'fchown', 'chown', 'fchmod', 'chmod'),
    ...without('readlink', 'symlink', 'realpath', 'ext_openssh_rename', 'ext_openssh_statvfs'),
    ...without('ext_openssh_fstatvfs', 'ext_openssh_hardlink', 'ext_openssh_fsync', 'ext_openssh_lsetstat'),
    ...without('ext_openssh_expandPath', 'ext_copy_data', 'ext_home_dir', 'ext_users_groups'),
    ...without('handle', 'status', 'data', 'name', 'attrs'),
    silent,
  ],
  [
    /ssh2\/lib\/protocol\/handlers\.misc\.js$/,
    [/^ {2}\[MESSAGE\.(?:SERVICE|USERAUTH)_REQUEST\]: .*?^ {2}\},\n/gms, ''],
    silent,
  ],
  [
    /ssh2\/lib\/client\.js$/,
    ...without('shell', 'subsys', 'forwardIn', 'openssh_noMoreSessions', 'openssh_forwardInStreamLocal'),
    ...without('openssh_unforwardInStreamLocal', 'openssh_forwardOutStreamLocal'),
    mute,
  ],
  [
    /yauzl\/index\.js$/,
    [/^exports\.(?:open|fromFd|fromBuffer)(?:Promise)? = .*\n/gm, ''],
    [/^function (?:open|fromFd|fromBuffer)(?:Promise)?\(.*?^\}\n/gms, ''],
  ],
  // Tables of numbers, of which each takes eleven characters.
  [/bcrypt-pbkdf\/index\.js$/, [/new Uint32Array\(\[([^\]]+)\]\)/g, packed]],
  // Of this one we use how it connects.
  [
    /node-ssh\/lib\/esm\/index\.mjs$/,
    [/^async function makeDirectoryWithSftp\(.*?^\}\n/ms, ''],
    ...without('requestShell', 'withShell', 'requestSFTP', 'withSFTP', 'execCommand', 'exec', 'mkdir'),
    ...without('getFile', 'putFile', 'putFiles', 'putDirectory', 'getDirectory'),
    ...without('forwardIn', 'forwardOut', 'forwardInStreamLocal', 'forwardOutStreamLocal'),
  ],
  // Its compiled ciphers are not shipped; Node's are as good.
  [
    /ssh2\/lib\/protocol\/crypto\.js$/,
    [/\b\w+ && !forceNative\b/g, never],
    [/^class \w+Binding \{.*?^\}/gms, ''],
  ],
];

/** Numbers of 32 bits as text of 64 characters; VS Code and Node run on machines that have the low byte first. */
function packed(_, list) {
  const numbers = list.split(',').map(Number);
  const bytes = Buffer.alloc(4 * numbers.length);
  numbers.forEach((number, at) => bytes.writeUInt32LE(number, 4 * at));
  return `new Uint32Array(Uint8Array.from(Buffer.from('${bytes.toString('base64')}', 'base64')).buffer)`;
}

const sha512 = `
const { createHash } = require('node:crypto');
exports.lowlevel = {
  crypto_hash(out, message, length) {
    out.set(createHash('sha512').update(message.subarray(0, length)).digest());
    return 0;
  },
};`;

/** The Poly1305 of tweetnacl, behind what ssh2 calls of the other one. */
async function poly1305() {
  const nacl = await readFile(require.resolve('tweetnacl/nacl-fast.js'), 'utf8');
  const [source] = /^var poly1305 = .*?(?=^function crypto_onetimeauth)/ms.exec(nacl) ?? [];
  if (source === undefined) throw new Error('tweetnacl has its Poly1305 elsewhere now');
  return `${source}
const memory = new Uint8Array(16);
module.exports = async () => ({
  HEAPU8: memory,
  _malloc: () => 0,
  cwrap: () => (out, head, headLength, rest, restLength, key) => {
    const mac = new poly1305(key);
    mac.update(head, 0, headLength);
    mac.update(rest, 0, restLength);
    mac.finish(memory, out);
  },
});`;
}

function oemPages() {
  const tables = require('iconv-lite/encodings/sbcs-data-generated');
  const pages = Object.entries(tables).filter(([name]) => /^cp(\d{3}|1258)$/.test(name));
  return `module.exports = ${JSON.stringify(Object.fromEntries(pages))};`;
}

/** A library's file after its substitutions. Throws where one finds nothing: the library has changed. */
async function narrow(path, substitutions) {
  let text = await readFile(path, 'utf8');
  for (const [pattern, by] of substitutions) {
    if (text.search(pattern) < 0) throw new Error(`${path} has no ${pattern} any more`);
    text = text.replace(pattern, by);
  }
  for (const [, , gone] of substitutions)
    if (gone && new RegExp(`\\b(?:this|self|sftp)\\.${gone}\\(`).test(text))
      throw new Error(`${path} calls ${gone} itself`);
  return text;
}

/** @type {import('esbuild').Plugin} */
export const lean = {
  name: 'lean',
  setup(build) {
    const load = (filter, contents) =>
      build.onLoad({ filter }, async ({ path }) => ({
        contents: await contents(path),
        loader: 'js',
        resolveDir: dirname(path),
      }));
    for (const [filter, contents] of standIns) load(filter, contents);
    for (const [filter, ...substitutions] of narrowed) load(filter, (path) => narrow(path, substitutions));
    // In its CommonJS form: the other one is a single file, of which nothing can be left out.
    build.onResolve({ filter: /^js-yaml$/ }, () => ({ path: require.resolve('js-yaml') }));
  },
};
