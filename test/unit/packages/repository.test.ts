import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { openLibrary, type Library } from '../../../src/updater/packages/library';
import { openRepository, type Repository } from '../../../src/updater/packages/repository';
import { basicMedia, core, jarOf, scratch, zipOf } from './make';
import { answer, serve, type RepositoryServer } from './server';

const folder = 'com/banalytics/box/module/basic-media/1.4.0';
const jarPath = `${folder}/basic-media-1.4.0.jar`;
const wanted = { product: 'banalytics', module: basicMedia, version: '1.4.0' } as const;
const deadlines = { idle: 300, ping: 300, pause: 10 };
const hash = (name: string, bytes: Buffer) => createHash(name).update(bytes).digest('hex');

describe('over HTTP', () => {
  let server: RepositoryServer;
  let library: Library;
  let dir: string;
  let repository: Repository;
  let jar: Buffer;

  beforeEach(async () => {
    server = await serve();
    dir = await scratch();
    library = openLibrary(dir);
    repository = openRepository(server.root, { http: deadlines });
    jar = await jarOf(basicMedia, '1.4.0', { more: [{ name: 'noise', text: randomBytes(600_000) }] });
    server.files.set(jarPath, jar);
  });
  const fetches = () => repository.fetchInto(library, wanted);
  const gets = () =>
    server.requests.filter((line) => line.startsWith(`GET ${jarPath}`) && !/\.(sha|md5)/.test(line));
  const loadedNothing = async () => {
    expect(await library.list()).toEqual([]);
    expect(await readdir(join(dir, '.incoming'))).toEqual([]);
  };

  test('takes the jar and what else there is, with the time of publishing', async () => {
    server.files.set(`${folder}/basic-media-1.4.0-bin.zip`, await zipOf([{ name: 'lib/a.jar' }]));
    const progress: string[] = [];
    const infos = await repository.fetchInto(library, wanted, {
      onProgress: ({ kind, received, total }) => progress.push(`${kind} ${received}/${total}`),
    });
    expect(infos).toMatchObject([
      {
        kind: 'module',
        module: basicMedia,
        version: '1.4.0',
        uploaded: 1_700_000_000,
        sha256: hash('sha256', jar),
        source: server.root + jarPath,
      },
      { kind: 'dependencies', module: basicMedia, version: '1.4.0', contents: [{ path: 'lib/a.jar' }] },
    ]);
    expect(progress).toContain(`jar ${jar.length}/${jar.length}`);
    expect(await library.list()).toHaveLength(2);
    await repository.fetchInto(library, { ...wanted, kinds: ['jar'] });
    expect(server.requests.at(-1)).toContain(jarPath);
  });

  test('tells what is there and what is not', async () => {
    expect(await repository.has(basicMedia, '1.4.0', 'jar')).toBe(true);
    expect(await repository.has(basicMedia, '1.4.0', 'model')).toBe(false);
    expect(server.requests).toEqual([`HEAD ${jarPath}`, `HEAD ${folder}/basic-media-1.4.0-model.zip`]);
    server.before = (request, response) => request.method === 'HEAD' && (response.writeHead(405).end(), true);
    expect(await repository.has(basicMedia, '1.4.0', 'jar')).toBe(true);
    expect(await repository.has(core, '1.4.0', 'jar')).toBe(false);
    await expect(repository.fetchInto(library, { ...wanted, version: '9.9' })).rejects.toMatchObject({
      code: 'package.not-found',
      message: expect.stringContaining('basic-media-9.9.jar') as string,
    });
    await loadedNothing();
  });

  test('goes on from where a cut connection ended, and gives up after three tries', async () => {
    let cuts = 2;
    server.before = (request, response) => {
      if (request.url?.endsWith('.jar') !== true || cuts === 0) return false;
      cuts -= 1;
      answer(request, response, jar, 200_000);
      return true;
    };
    expect(await fetches()).toMatchObject([{ sha256: hash('sha256', jar) }]);
    expect(gets()).toEqual([
      `GET ${jarPath}`,
      `GET ${jarPath} bytes=200000-`,
      `GET ${jarPath} bytes=400000-`,
    ]);
    await library.remove(hash('sha256', jar));
    cuts = 3;
    await expect(fetches()).rejects.toMatchObject({ code: 'repository.unreachable' });
    expect(cuts).toBe(0);
    await loadedNothing();
  });

  test('begins anew where the file was replaced meanwhile, or the server knows no ranges', async () => {
    const old = Buffer.alloc(jar.length, 'old');
    let first = true;
    server.before = (request, response) => {
      if (request.url?.endsWith('.jar') !== true || !first) return false;
      first = false;
      answer(request, response, old, 100_000);
      return true;
    };
    expect(await fetches()).toMatchObject([{ sha256: hash('sha256', jar), size: jar.length }]);
    expect(gets()).toEqual([`GET ${jarPath}`, `GET ${jarPath} bytes=100000-`]);
  });

  test('a server that falls silent in the middle is left and asked again', async () => {
    let hangs = 1;
    server.before = (request, response) => {
      if (request.url?.endsWith('.jar') !== true || hangs-- <= 0) return false;
      response.writeHead(200, { 'content-length': jar.length, etag: `"${hash('md5', jar)}"` });
      response.write(jar.subarray(0, 1000));
      return true;
    };
    expect(await fetches()).toMatchObject([{ sha256: hash('sha256', jar) }]);
    expect(gets()[1]).toBe(`GET ${jarPath} bytes=1000-`);
  });

  test('a slow download goes on as long as something comes', async () => {
    server.before = (request, response) => {
      if (request.url?.endsWith('.jar') !== true) return false;
      response.writeHead(200, { 'content-length': jar.length });
      const step = Math.ceil(jar.length / 8);
      const send = (at: number) => {
        if (at >= jar.length) return void response.end();
        response.write(jar.subarray(at, at + step));
        setTimeout(() => send(at + step), 100);
      };
      send(0);
      return true;
    };
    expect(await fetches()).toHaveLength(1);
    expect(gets()).toHaveLength(1);
  });

  test('one that never answers is unreachable, and says for how long', async () => {
    server.before = () => true;
    const silent = {
      code: 'repository.unreachable',
      message: expect.stringContaining('nothing came for 0.3 s') as string,
    };
    await expect(repository.has(basicMedia, '1.4.0', 'jar')).rejects.toMatchObject(silent);
    expect(server.requests).toHaveLength(3);
    await expect(repository.ping()).rejects.toMatchObject(silent);
    await expect(fetches()).rejects.toMatchObject(silent);
  });

  test.each([
    [500, 3],
    [503, 3],
    [403, 1],
  ])('HTTP %i is no absence; it is tried %i times', async (status, times) => {
    server.before = (_, response) => (response.writeHead(status).end(), true);
    await expect(repository.has(basicMedia, '1.4.0', 'model')).rejects.toMatchObject({
      code: 'repository.unreachable',
      message: expect.stringContaining(`HTTP ${status}`) as string,
    });
    expect(server.requests).toHaveLength(times);
  });

  test.each(['sha512', 'sha256', 'sha1', 'md5'])('a wrong %s is found', async (name) => {
    server.files.set(`${jarPath}.${name}`, `${hash(name, Buffer.from('other'))}  basic-media-1.4.0.jar\n`);
    await expect(fetches()).rejects.toMatchObject({
      code: 'package.corrupt',
      message: expect.stringContaining(name.toUpperCase()) as string,
    });
    await loadedNothing();
    server.files.set(`${jarPath}.${name}`, hash(name, jar).toUpperCase());
    expect(await fetches()).toHaveLength(1);
  });

  test('the strongest checksum counts', async () => {
    server.files.set(`${jarPath}.sha512`, hash('sha512', jar));
    server.files.set(`${jarPath}.md5`, hash('md5', Buffer.from('other')));
    expect(await fetches()).toHaveLength(1);
  });

  test('what the library has by its published SHA-256 is not downloaded again', async () => {
    server.files.set(`${jarPath}.sha256`, hash('sha256', jar));
    const [info] = await fetches();
    expect(await fetches()).toEqual([info]);
    expect(gets()).toHaveLength(1);
  });

  test('an error page and another version are not taken for the module', async () => {
    server.files.set(jarPath, '<!doctype html><title>Sign in</title>');
    await expect(fetches()).rejects.toMatchObject({ code: 'package.unknown' });
    server.files.set(jarPath, await jarOf(basicMedia, '1.3.0'));
    await expect(fetches()).rejects.toMatchObject({ code: 'package.mismatch' });
    await loadedNothing();
  });

  test('ping: any answer below 500 is one', async () => {
    await repository.ping();
    server.before = (_, response) => (response.writeHead(502).end(), true);
    await expect(repository.ping()).rejects.toMatchObject({ code: 'repository.unreachable' });
    const nobody = openRepository('http://127.0.0.1:1/', { http: deadlines });
    const refused = {
      code: 'repository.unreachable',
      message: expect.stringMatching(/127\.0\.0\.1:1 .*(refused|bad port)/) as string,
    };
    await expect(nobody.ping()).rejects.toMatchObject(refused);
    await expect(nobody.has(core, '1.0', 'jar')).rejects.toMatchObject(refused);
  });

  test('redirects are followed, to http(s) only', async () => {
    server.before = (request, response) => {
      if (request.url?.startsWith('/old/') !== true) return false;
      const to = request.url.includes('core')
        ? 'file:///etc/passwd'
        : request.url.replace('/old/', '/maven/');
      response.writeHead(302, { location: to }).end();
      return true;
    };
    const old = openRepository(server.root.replace('maven', 'old'), { http: deadlines });
    expect(await old.fetchInto(library, wanted)).toHaveLength(1);
    await expect(old.has(core, '1.0', 'jar')).rejects.toMatchObject({ code: 'repository.unreachable' });
  });

  test('cancelling stops a download at once and leaves nothing', async () => {
    const cancel = new AbortController();
    server.before = (request, response) => {
      if (request.url?.endsWith('.jar') !== true) return false;
      response.writeHead(200, { 'content-length': jar.length });
      response.write(jar.subarray(0, 1000));
      return true;
    };
    const patient = openRepository(server.root);
    const fetching = patient.fetchInto(library, wanted, {
      signal: cancel.signal,
      onProgress: () => cancel.abort(),
    });
    await expect(fetching).rejects.toMatchObject({ code: 'cancelled' });
    await loadedNothing();
  });

  test('versions come from the metadata, newest first', async () => {
    const path = 'com/banalytics/box/module/basic-media/maven-metadata.xml';
    const tags = ['1.4.0', '1.10.0', '1.4.0-SNAPSHOT', '../../x', '1.9'].map(
      (version) => `<version>${version}</version>`,
    );
    server.files.set(
      path,
      `<metadata><version>7.7</version><versioning><versions>${tags.join('')}</versions></versioning></metadata>`,
    );
    expect(await repository.versions(basicMedia)).toEqual(['1.10.0', '1.9', '1.4.0', '1.4.0-SNAPSHOT']);
    expect(await repository.versions(core)).toEqual([]);
  });

  test('a package can be loaded by its address; what may be secret in it is not kept', async () => {
    const { info } = await library
      .add(`${server.root}${jarPath}?token=hush`)
      .catch(() => ({ info: undefined }));
    expect(info).toBeUndefined();
    server.files.set(`${jarPath}?token=hush`, jar);
    const { info: loaded } = await library.add(`${server.root}${jarPath}?token=hush`);
    expect(loaded).toMatchObject({ file: 'basic-media-1.4.0.jar', source: server.root + jarPath });
    await expect(library.add('http://me:secret@127.0.0.1/x.jar')).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('in a folder', () => {
  test('works as over HTTP, by path, relative path and file: address', async () => {
    const base = await scratch();
    const root = join(base, 'maven repo');
    const path = join(root, jarPath);
    await mkdir(dirname(path), { recursive: true });
    await mkdir(join(root, folder, '../1.10.0'));
    const jar = await jarOf(basicMedia, '1.4.0');
    await writeFile(path, jar);
    await writeFile(`${path}.sha1`, hash('sha1', jar));
    await utimes(path, 1_700_000_000, 1_700_000_000);
    for (const repository of [
      openRepository(root),
      openRepository('maven repo', { base }),
      openRepository(pathToFileURL(root).href),
    ]) {
      const library = openLibrary(await scratch());
      expect(repository.artifact(basicMedia, '1.4.0', 'jar')).toBe(path);
      expect(await repository.fetchInto(library, wanted)).toMatchObject([
        { uploaded: 1_700_000_000, source: path },
      ]);
      expect(await repository.has(basicMedia, '1.4.0', 'bin')).toBe(false);
      expect(await repository.versions(basicMedia)).toEqual(['1.10.0', '1.4.0']);
      expect(await repository.versions(core)).toEqual([]);
      await repository.ping();
    }
    await writeFile(`${path}.sha1`, hash('sha1', Buffer.from('other')));
    const library = openLibrary(await scratch());
    await expect(openRepository(root).fetchInto(library, wanted)).rejects.toMatchObject({
      code: 'package.corrupt',
    });
    await rm(path);
    await expect(openRepository(root).fetchInto(library, wanted)).rejects.toMatchObject({
      code: 'package.not-found',
    });
    await rm(root, { recursive: true });
    const gone = {
      code: 'repository.unreachable',
      message: expect.stringContaining('no such folder') as string,
    };
    await expect(openRepository(root).ping()).rejects.toMatchObject(gone);
    await expect(openRepository(root).has(basicMedia, '1.4.0', 'bin')).rejects.toMatchObject(gone);
  });
});

describe('addresses', () => {
  test.each([
    'https://me:pw@repo.example/maven',
    'https://me@repo.example',
    'ftp://repo.example/',
    'https://repo.example/?token=x',
    'https://',
  ])('%s is refused, without repeating its secret', (root) => {
    expect(() => openRepository(root)).toThrow(
      expect.objectContaining({
        code: 'fleet.invalid',
        message: expect.not.stringMatching(/pw|token/) as string,
      }),
    );
  });

  test.each([
    ['..:x', '1.0'],
    ['a.b:..', '1.0'],
    ['a/b:c', '1.0'],
    ['a:b:c', '1.0'],
    ['a', '1.0'],
    ['a:b', '../1.0'],
    ['a:b', '1.0/..'],
    ['a:b', 'latest'],
  ])('module %s version %s cannot lead out of the root', async (module, version) => {
    const repository = openRepository('https://repo.example/maven');
    expect(() => repository.artifact(module, version, 'jar')).toThrow(
      expect.objectContaining({ code: 'fleet.invalid' }),
    );
    await expect(repository.has(module, version, 'jar')).rejects.toMatchObject({ code: 'fleet.invalid' });
  });

  test('are laid out as Maven does', () => {
    const repository = openRepository('https://repo.example/maven');
    expect(repository.artifact(basicMedia, '1.4.0', 'model')).toBe(
      'https://repo.example/maven/com/banalytics/box/module/basic-media/1.4.0/basic-media-1.4.0-model.zip',
    );
    expect(repository.artifact(core, '1.4.0-a+b', 'jar')).toContain('/core/1.4.0-a%2Bb/core-1.4.0-a%2Bb.jar');
  });
});
