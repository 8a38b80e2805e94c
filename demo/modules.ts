/** The maker of module repositories and installed homes, for the demo and for tests. */
export { makeHome, modulesInfo, installedName, type HomeRecipe } from './home';
export {
  BASIC_MEDIA,
  CORE,
  makeModule,
  ONVIF,
  TELEGRAM_BOT,
  YOLO,
  type ModuleFiles,
  type ModuleRecipe,
} from './maven';
export { makeDemoRepository } from './repository';
