import { open } from 'node:fs/promises';
import { FleetError } from '../errors';
import { BoundedFile } from './bounded-file';
import type { Candidate, Inspector } from './inspect';
import { identify } from './installer-identity';
import { installerProducts } from './installer-products';
import { readMsi } from './msi';
import { checkNsisLength } from './nsis';
import { readPe, type Machine } from './pe';

/** What an installer says of itself, whichever sort it is. */
export interface Label {
  format: 'exe' | 'msi';
  productName: string | undefined;
  company: string | undefined;
  /** Every text that may say what it is; the product's name and the company's are not among them. */
  texts: readonly string[];
  /** Versions that it names, the most trusted first; as written. */
  versions: readonly string[];
  machine: Machine | undefined;
  productCode: string | undefined;
}

/** Installers for Windows, of every product whose installers can be recognised. */
export const installers: Inspector = {
  products: installerProducts.map(({ product }) => product),
  knows: 'an installer (.exe, .msi)',
  takes: ({ file, appearance, hints }) =>
    /\.(?:exe|msi)$/i.test(file) ||
    hints.kind === 'installer' ||
    (appearance.windows !== undefined && !/\.(?:jar|zip)$/i.test(file)),
  async inspect(candidate) {
    refuseOtherKind(candidate);
    const handle = await open(candidate.path, 'r');
    try {
      const file = new BoundedFile(handle, (await handle.stat()).size, candidate.signal);
      const read = candidate.appearance.windows === 'msi' ? readMsiLabel : readExeLabel;
      return identify(await read(file), candidate);
    } finally {
      await handle.close();
    }
  },
};

/** A file must be what its name says: by that name it will be run on the server. */
function refuseOtherKind({ file, appearance: { windows, words } }: Candidate): void {
  const named = /\.(exe|msi)$/i.exec(file)?.[1]?.toLowerCase();
  if (windows !== undefined && named === windows) return;
  if (named !== undefined)
    throw new FleetError('package.unknown', `The file is no installer: it looks like ${words}.`, {
      hint:
        windows === undefined
          ? 'Get the installer again from where it came from.'
          : `Give it the ending .${windows}, if it is the installer that you mean.`,
    });
  throw new FleetError(
    'package.unknown',
    `The file has no ending that Windows runs, and looks like ${words}.`,
    {
      hint:
        windows === undefined
          ? 'An installer ends with .exe or .msi.'
          : `Give it its own name, which ends with .${windows}.`,
    },
  );
}

async function readExeLabel(file: BoundedFile): Promise<Label> {
  const pe = await readPe(file);
  if (pe === undefined || pe.isLibrary)
    throw new FleetError(
      'package.unknown',
      `The file is no installer: it is ${pe === undefined ? 'a program for DOS' : 'a library (DLL)'}.`,
      { hint: 'Load the installer that the vendor publishes.' },
    );
  await checkNsisLength(file, pe);
  const said = (name: string) => pe.version?.strings.get(name);
  return {
    format: 'exe',
    productName: said('ProductName'),
    company: said('CompanyName'),
    texts: texts(['FileDescription', 'OriginalFilename', 'InternalName', 'Comments'].map(said)),
    versions: texts([
      said('ProductVersion'),
      pe.version?.fixedProductVersion,
      said('FileVersion'),
      pe.version?.fixedFileVersion,
    ]),
    machine: pe.machine,
    productCode: undefined,
  };
}

async function readMsiLabel(file: BoundedFile): Promise<Label> {
  const { kind, machine, properties, title, subject } = await readMsi(file);
  if (kind !== 'package')
    throw new FleetError(
      'package.unknown',
      `The file is no installer: it is ${kind === 'patch' ? 'a patch for one (.msp)' : 'another kind of compound file, such as an old Office document'}.`,
      { hint: 'Load the installer that the vendor publishes.' },
    );
  return {
    format: 'msi',
    productName: properties.get('ProductName'),
    company: properties.get('Manufacturer'),
    texts: texts([title, subject]),
    versions: texts([properties.get('ProductVersion')]),
    machine,
    productCode: properties.get('ProductCode'),
  };
}

function texts(said: readonly (string | undefined)[]): string[] {
  return said.filter((text) => text !== undefined && text !== '') as string[];
}
