import type { Faces } from '../vscode/faces';
import type { FleetSelection } from '../vscode/session';

/** A verb. `chosen`: what it was called on or what is selected in the tree; empty when neither. It resolves when its work has ended. */
export type Command = (faces: Faces, chosen: readonly FleetSelection[]) => Promise<void>;
