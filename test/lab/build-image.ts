import { labImage } from './image';

/** Before the tests of the Linux lab: the files that run side by side would each build its image. */
export async function setup(): Promise<void> {
  await labImage();
}
