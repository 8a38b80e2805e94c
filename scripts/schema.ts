import { toJsonSchema } from '@valibot/to-json-schema';
import { fleetFile } from '../src/updater/fleet/schema';

/**
 * The JSON Schema (draft-07) of the fleet file, as `media/fleet.schema.json` holds it. It lists the fields of all products, so that the
 * editor can complete and explain them; what JSON Schema cannot say is checked when the file is read.
 */
export function fleetSchemaText(): string {
  const schema = toJsonSchema(fleetFile, {
    target: 'draft-07',
    overrideAction: ({ valibotAction, jsonSchema }) => {
      // Checks by code have no counterpart.
      if (valibotAction.type === 'check') return jsonSchema;
      // VS Code compiles patterns with the flag u.
      if (valibotAction.type === 'regex') return { ...jsonSchema, pattern: source(valibotAction) };
      return undefined;
    },
  });
  const comments = { allowComments: true, allowTrailingCommas: true };
  return `${JSON.stringify({ ...schema, ...comments }, null, 2)}\n`;
}

function source(action: object): string {
  if (!('requirement' in action) || !(action.requirement instanceof RegExp))
    throw new TypeError('A regex action without an expression.');
  return action.requirement.source;
}
