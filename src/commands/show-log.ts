import type { Command } from './command';

/** Shows the output channel. */
export const showLog: Command = async (faces) => {
  faces.log.show();
  return Promise.resolve();
};
