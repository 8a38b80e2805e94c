import { FleetError } from '../errors';
import type { Candidate } from './inspect';
import type { Label } from './installer';
import { installerProducts, setupTools, type InstallerProduct } from './installer-products';
import type { Inspection } from './package-info';
import type { Machine } from './pe';
import { isVersion } from './versions';

/**
 * Which package an installer is. A person's word counts where the file says nothing; where it does, what is said elsewhere is
 * compared by `inspectFile`. Throws `package.unknown` (foreign, or not clear) or `package.mismatch` (a part of the product).
 */
export function identify(label: Label, candidate: Candidate): Inspection {
  const { file, hints } = candidate;
  const product = productOf(label, candidate);
  const version = versionOf(label.versions) ?? hints.version;
  refusePart(label, candidate, product, version);
  if (version === undefined)
    throw new FleetError('package.unknown', 'The file does not say which version it is.', {
      hint: 'Say it: vms-fleet load FILE --package-version V.',
    });
  const machine = label.machine;
  const arch = archOf(label, candidate);
  if (arch === undefined)
    throw new FleetError('package.unknown', 'The file is for a processor that is not known here.', {
      hint: 'Load the installer for x64, x86 or arm64.',
    });
  return {
    file,
    product: product.product,
    kind: 'installer',
    version,
    arch,
    module: null,
    dependsOn: [],
    contents: null,
    installer: {
      format: label.format,
      edition: 'complete',
      productName: label.productName === undefined ? null : printable(label.productName),
      program: label.format === 'exe' ? (machine ?? null) : null,
      productCode: label.productCode === undefined ? null : printable(label.productCode),
    },
  };
}

function productOf(label: Label, { hints }: Candidate): InstallerProduct {
  const said = [label.productName, label.company, ...label.texts].filter((text) => text !== undefined);
  const recognised = installerProducts.find(({ brand }) => said.some((text) => brand.test(text)));
  if (recognised !== undefined) return recognised;
  const hinted = installerProducts.find(({ product }) => product === hints.product);
  const isSilent = [label.productName, label.company].every(
    (text) => text === undefined || setupTools.test(text),
  );
  const wanted = (hinted === undefined ? installerProducts : [hinted])
    .map((each) => each.wanted)
    .join(', or ');
  if (!isSilent && hinted !== undefined)
    throw new FleetError(
      'package.mismatch',
      `The file was said to be of product ${hinted.product}, but is ${described(label)}.`,
      { hint: `Load ${wanted}.` },
    );
  if (!isSilent)
    throw new FleetError('package.unknown', `The file is a foreign installer: ${described(label)}.`, {
      hint: `Load ${wanted}.`,
    });
  if (hinted === undefined)
    throw new FleetError('package.unknown', 'The file does not say what it installs.', {
      hint: `If it is ${wanted}, say so: vms-fleet load FILE ${saying(installerProducts[0])} --package-version V.`,
    });
  return hinted;
}

/** Only the whole product may be loaded; a part of it is never taken, whoever says what. */
function refusePart(
  label: Label,
  { file, hints }: Candidate,
  product: InstallerProduct,
  version: string | undefined,
): void {
  const name = file.replace(/[_.-]+/g, ' ');
  const said = [label.productName ?? '', ...label.texts, name];
  const part = product.partial.find(({ mark, unless }) =>
    said.some((text) => mark.test(text) && unless?.test(text) !== true),
  );
  if (part !== undefined)
    throw new FleetError(
      'package.mismatch',
      `The file is ${part.words}, not the whole product: ${described(label, version)}.`,
      { hint: `Load ${product.wanted}.` },
    );
  if (hints.kind === 'installer' || said.some((text) => product.complete.test(text))) return;
  throw new FleetError(
    'package.unknown',
    `The file does not say that it is the whole product: ${described(label, version)}.`,
    {
      hint: `Give it back the vendor's own name, or if it is ${product.wanted}, say so: vms-fleet load FILE ${saying(product)}.`,
    },
  );
}

function saying(product: InstallerProduct | undefined): string {
  return `--product ${product?.product} --kind installer`;
}

/** "Acme Agent 1.2.3 of Acme Inc." */
function described({ productName, company, texts, versions }: Label, version = versionOf(versions)): string {
  const name = productName ?? texts[0] ?? 'an installer without a name';
  return [printable(name), version, company && `of ${printable(company).replace(/\.$/, '')}`]
    .filter((word) => word)
    .join(' ');
}

/**
 * The first of these that is a version, or a later one that says the same more exactly ("4.3", "4.3.18.0"). A fourth number of
 * 0 is left out: a version resource always has four, and 4.3.1.0 is 4.3.1.
 */
export function versionOf(written: readonly string[]): string | undefined {
  const versions = written.flatMap((text) => plainVersion(text) ?? []);
  const first = versions[0];
  if (first === undefined) return undefined;
  const exact = versions.find((version) => version.startsWith(`${first}.`)) ?? first;
  return exact.replace(/^(\d+\.\d+\.\d+)\.0+$/, '$1');
}

/**
 * "v4, 3, 18, 0 (x64)" is "4.3.18.0". What stands behind a plus says of what it was built: .NET puts its commit there by itself, and no
 * server names it.
 */
function plainVersion(written: string): string | undefined {
  const text = written.replace(/\+[0-9A-Za-z.+-]*$/, '');
  if (isVersion(text)) return /^[0.]*$/.test(text) ? undefined : text;
  const numbers = /^\s*v?(\d+(?:\s*[.,]\s*\d+){1,3})(?!\d|\s*[.,]\s*\d)/i.exec(text)?.[1];
  const version = numbers?.replace(/\s*[.,]\s*/g, '.');
  return version !== undefined && isVersion(version) && !/^[0.]*$/.test(version) ? version : undefined;
}

const archWords: readonly [Machine, RegExp][] = [
  ['x64', /(?<![a-z0-9])(?:x64|x86[-_]64|amd64|win64|64[- ]?bit)(?![a-z0-9])/i],
  ['x86', /(?<![a-z0-9])(?:x86(?![-_]64)|win32|i[3-6]86|32[- ]?bit)(?![a-z0-9])/i],
  ['arm64', /(?<![a-z0-9])(?:arm64|aarch64)(?![a-z0-9])/i],
];

/**
 * The architecture of what is installed, which is not always that of the setup program: NSIS and others put a 32-bit program in front
 * of a 64-bit product. An `.msi` says it. Of an `.exe` count, in this order: its own texts; a 64-bit program, which no
 * 32-bit Windows runs; the file's name; a person's word; and last, that the program itself has 32 bits.
 */
function archOf(
  { format, machine, productName, texts }: Label,
  { file, hints }: Candidate,
): Machine | undefined {
  if (format === 'msi') return machine;
  const said = wordOf([productName ?? '', ...texts]);
  if (said !== undefined || machine !== 'x86') return said ?? machine;
  return wordOf([file]) ?? archWords.map(([arch]) => arch).find((arch) => arch === hints.arch) ?? machine;
}

/** Undefined where they name none, or several. */
function wordOf(texts: readonly string[]): Machine | undefined {
  const named = archWords.filter(([, word]) => texts.some((text) => word.test(text)));
  return named.length === 1 ? named[0]?.[0] : undefined;
}

/** A text out of a file, safe to print. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '?').slice(0, 80);
}
