import { toJsonSchema } from '@valibot/to-json-schema';
import type { ProductId } from '../src/updater/fleet/model';
import { ownersOf, PRODUCT_FIELDS, PRODUCT_WORDS } from '../src/updater/fleet/products';
import { fleetFile } from '../src/updater/fleet/schema';

interface Json {
  properties?: Record<string, Json>;
  additionalProperties?: Json;
  enum?: string[];
  enumDescriptions?: string[];
  [keyword: string]: unknown;
}

/**
 * The JSON Schema (draft-07) of the fleet file, as `media/fleet.schema.json` holds it. Once a system names its product, the editor
 * completes and explains the fields of that one alone; what JSON Schema cannot say is checked when the file is read.
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
  const { systems } = (schema as Json).properties ?? {};
  if (systems?.additionalProperties === undefined) throw new TypeError('A fleet without systems.');
  systems.additionalProperties = byProduct(systems.additionalProperties);
  const comments = { allowComments: true, allowTrailingCommas: true };
  return `${JSON.stringify({ ...schema, ...comments }, null, 2)}\n`;
}

function source(action: object): string {
  if (!('requirement' in action) || !(action.requirement instanceof RegExp))
    throw new TypeError('A regex action without an expression.');
  return action.requirement.source;
}

/** A system by its product; one that names none yet may be of any. */
function byProduct({ title, description, markdownDescription, defaultSnippets, ...any }: Json): Json {
  const products = Object.keys(PRODUCT_FIELDS) as ProductId[];
  const choice = products.reduceRight<Json>(
    (others, product) => ({
      if: { properties: { product: { const: product } }, required: ['product'] },
      then: of(product, any),
      else: others,
    }),
    any,
  );
  return { title, description, markdownDescription, defaultSnippets, ...choice };
}

/** A system of a product, or one of its servers: without the fields and words of the other products. */
function of(product: ProductId, level: Json): Json {
  const fields = Object.entries(level.properties ?? {}).filter(([name]) => {
    const owners = ownersOf(name);
    return owners.length === 0 || owners.includes(product);
  });
  const properties = Object.fromEntries(
    fields.map(([name, field]) => [name, withWords(field, PRODUCT_WORDS[name]?.[product])]),
  );
  const { servers } = properties;
  if (servers?.additionalProperties !== undefined)
    properties['servers'] = { ...servers, additionalProperties: of(product, servers.additionalProperties) };
  return { ...level, properties };
}

function withWords(field: Json, words: readonly string[] | undefined): Json {
  if (words === undefined) return field;
  const all = field.enum ?? [];
  return {
    ...field,
    enum: [...words],
    enumDescriptions: words.map((word) => field.enumDescriptions?.[all.indexOf(word)] ?? ''),
  };
}
