import type { ProductId } from '../fleet/model';

/** How the installers of a product are recognised by what they say of themselves. A further product is one more row. */
export interface InstallerProduct {
  product: ProductId;
  /** The vendor's own names, former ones too, anywhere in the texts of the installer. */
  brand: RegExp;
  /** Marks the whole product, the only thing that may be loaded. */
  complete: RegExp;
  /** Marks a part of the product, unless the same text also says `unless`. */
  partial: readonly { mark: RegExp; unless?: RegExp; words: string }[];
  /** What is to be loaded instead of anything else. */
  wanted: string;
}

/**
 * Of Eocortex the vendor's manual names one file, `EocortexMainCommon Installer.exe`; what its version resource and the
 * other installers say is not published. So what is neither surely whole nor surely a part is refused, until a person
 * says that it is the installer.
 */
export const installerProducts: readonly InstallerProduct[] = [
  {
    product: 'eocortex',
    brand: /eocortex|macroscop(?!e|ic)/i,
    complete: /main ?common|\b(?:complete|full) (?:distribution|installation|installer|package|setup)\b/i,
    partial: [
      { mark: /client|viewer/i, unless: /server/i, words: 'only the client' },
      { mark: /player/i, words: 'only the player' },
      { mark: /configurator/i, unless: /server/i, words: 'only the configurator' },
      { mark: /\bnvr\b/i, unless: /server/i, words: 'for a recorder of its own kind (NVR)' },
      { mark: /\bsdk\b|plug-?in|driver/i, words: 'an addition to it' },
      { mark: /patch|hot-?fix/i, words: 'a patch' },
    ],
    wanted: 'the complete distribution (EocortexMainCommon Installer.exe)',
  },
];

/** Names that the makers of setup tools leave behind: such a text says nothing about what is installed. */
export const setupTools =
  /^(?:setup|installer|install(?:ation)?|setup launcher|7-?zip|7z (?:setup )?sfx|7z sfx module|winrar(?: sfx)?|nullsoft install system|nsis|inno setup|installshield.*|wix toolset|advanced installer)$/i;
