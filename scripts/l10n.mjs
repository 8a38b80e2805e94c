// Writes l10n/bundle.l10n.json anew: every sentence of the code that can be translated.
import { writeFileSync } from 'node:fs';
import { bundle } from './lib/l10n.mjs';
import { inRepo } from './lib/prepare.mjs';

writeFileSync(inRepo('l10n', 'bundle.l10n.json'), `${JSON.stringify(bundle(), null, 2)}\n`);
