import { BASIC_MEDIA, CORE, makeModule, ONVIF, TELEGRAM_BOT, YOLO, type ModuleRecipe } from './maven';
import { ballast } from './zip';

const KB = 1000;

const core = (version: string, more: Partial<ModuleRecipe> = {}): ModuleRecipe => ({
  module: CORE,
  version,
  sizeBytes: 1000 * KB,
  ...more,
});

/** Three good cores and one broken, and modules that depend on them and on each other; about 9 MB. */
const RECIPES: ModuleRecipe[] = [
  core('1.4.1'),
  core('1.4.2'),
  core('1.5.0'),
  core('1.5.1', {
    bin: { 'refuse-to-start': 'release 1.5.1 is broken: no driver for the recording index\n' },
  }),
  ...Object.entries({ '1.4.0': '1.4.1', '1.4.1': '1.4.2', '1.5.0': '1.5.0' }).map(([version, needs]) => ({
    module: BASIC_MEDIA,
    version,
    dependsOn: [`${CORE}:${needs}`],
    sizeBytes: 200 * KB,
    bin: { [`media-codecs-${version}.jar`]: ballast(`media-codecs-${version}`, 500 * KB) },
  })),
  ...Object.entries({ '1.2.0': '1.4.0', '1.3.0': '1.5.0' }).map(([version, media]) => ({
    module: ONVIF,
    version,
    dependsOn: [`${CORE}:1.4.1`, `${BASIC_MEDIA}:${media}`],
    sizeBytes: 120 * KB,
  })),
  ...Object.entries({ '1.0.3': '1.4.1', '1.1.0': '1.5.0' }).map(([version, needs]) => ({
    module: TELEGRAM_BOT,
    version,
    dependsOn: [`${CORE}:${needs}`],
    sizeBytes: 100 * KB,
  })),
  ...Object.entries({ '2.0.0': '1.4.0', '2.1.0': '1.5.0' }).map(([version, media]) => ({
    module: YOLO,
    version,
    dependsOn: [`${CORE}:1.4.1`, `${BASIC_MEDIA}:${media}`],
    sizeBytes: 150 * KB,
    model: { [`yolo/${version}/weights.bin`]: ballast(`yolo-${version}`, 1000 * KB) },
  })),
];

/** The module repository of the demo: a folder in Maven layout. Making it again changes no byte. */
export async function makeDemoRepository(dir: string): Promise<void> {
  for (const recipe of RECIPES) await makeModule(dir, recipe);
}
