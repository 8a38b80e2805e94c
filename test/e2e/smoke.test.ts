import { expect, it } from 'vitest';
import { useWorkbench } from './session';

const workbench = useWorkbench();

it('shows the fleet in the side bar of the installed extension', async () => {
  await workbench().showContainer('VMS Fleet');
  await workbench().section('Fleet').waitFor();
  expect(await workbench().section('Fleet').count()).toBe(1);
});
