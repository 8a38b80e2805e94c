import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fleetSchemaText } from '../../../scripts/schema';

type Json = Record<string, unknown>;
const text = fleetSchemaText();
const schema = JSON.parse(text) as Json;

/** Keywords of draft-07 that the schema may use, and those that VS Code adds. */
const DRAFT_07 =
  '$schema type title description default examples properties required additionalProperties propertyNames items enum anyOf pattern minimum maximum minItems if then else';
const VS_CODE = 'markdownDescription enumDescriptions defaultSnippets allowComments allowTrailingCommas';
const KEYWORDS = new Set(`${DRAFT_07} ${VS_CODE}`.split(' '));

function visit(node: Json, path: string, see: (node: Json, path: string) => void): void {
  see(node, path);
  for (const [key, child] of Object.entries((node.properties ?? {}) as Record<string, Json>))
    visit(child, `${path}/${key}`, see);
  for (const word of ['then', 'else'])
    if (typeof node[word] === 'object') visit(node[word] as Json, path, see);
  for (const word of ['additionalProperties', 'propertyNames', 'items'])
    if (typeof node[word] === 'object') visit(node[word] as Json, `${path}/*`, see);
  for (const option of (node.anyOf ?? []) as Json[]) visit(option, path, see);
}

describe('media/fleet.schema.json', () => {
  it('is what the source says (npm run build writes it)', () => {
    expect(readFileSync('media/fleet.schema.json', 'utf8')).toBe(text);
  });

  it('is JSON Schema draft-07 with no other keywords, patterns that compile, and closed objects', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
    let nodes = 0;
    visit(schema, '', (node, path) => {
      nodes += 1;
      expect(
        Object.keys(node).filter((word) => !KEYWORDS.has(word)),
        path,
      ).toEqual([]);
      if (typeof node.pattern === 'string')
        expect(() => new RegExp(node.pattern as string, 'u'), path).not.toThrow();
      if (node.type !== 'object') return;
      if (node.properties !== undefined) expect(node.additionalProperties, path).toBe(false);
      else expect(node.propertyNames, path).toBeDefined();
    });
    expect(nodes).toBeGreaterThan(100);
  });

  it('explains every field, and every word that a field may be', () => {
    visit(schema, '', (node, path) => {
      for (const [key, field] of Object.entries((node.properties ?? {}) as Record<string, Json>)) {
        expect(field.title, `${path}/${key}`).toMatch(/\S/);
        expect(field.description, `${path}/${key}`).toMatch(/\.$/);
        expect(field.description, `${path}/${key}`).not.toMatch(/[`*]/);
        expect(field.markdownDescription, `${path}/${key}`).toMatch(/\S/);
        if (Array.isArray(field.enum)) expect(field.enumDescriptions, key).toHaveLength(field.enum.length);
      }
    });
  });

  it('offers snippets for a system and for a server, as a value and as a first entry', () => {
    const labelled: string[] = [];
    visit(schema, '', ({ defaultSnippets }, path) => {
      for (const { label } of (defaultSnippets ?? []) as { label: string }[])
        labelled.push(`${path} ${label}`);
    });
    expect(labelled).toEqual(
      expect.arrayContaining([
        ' fleet',
        '/systems banalytics system',
        '/systems/* banalytics system',
        '/systems/*/servers servers',
        '/systems/*/servers/* server',
      ]),
    );
  });

  it.each([
    ['eocortex', ['version', 'releaseLines'], ['licence', 'modules'], ['if-needed', 'reboot', 'service']],
    ['mirasys', ['licence', 'installer'], ['version', 'modules'], undefined],
    ['banalytics', ['modules', 'repository'], ['version', 'licence', 'installer'], ['reboot', 'service']],
    [undefined, ['version', 'licence', 'modules'], [], ['if-needed', 'reboot', 'service']],
  ])('offers a system of %s its own fields and words, and its servers too', (product, own, others, words) => {
    const system = fieldsOf(product);
    const server = ((system['servers'] as Json).additionalProperties as Json).properties as Record<
      string,
      Json
    >;
    for (const [level, fields] of Object.entries({ system, server })) {
      const systemOnly = (name: string) => level === 'server' && name === 'releaseLines';
      for (const name of own.filter((one) => !systemOnly(one))) expect(fields, level).toHaveProperty(name);
      for (const name of others) expect(fields, level).not.toHaveProperty(name);
      expect(fields['restart']?.enum).toEqual(words);
      expect(fields['tags']).toBeDefined();
    }
  });
});

/** What the schema says of the fields of a system that names this product, or none. */
function fieldsOf(product: string | undefined): Record<string, Json> {
  const systems = (schema.properties as Record<string, Json>)['systems'];
  for (let level = systems?.additionalProperties as Json; ; level = level.else as Json) {
    const named = (level.if as { properties: { product: { const: string } } } | undefined)?.properties
      .product;
    if (named === undefined) return level.properties as Record<string, Json>;
    if (named.const === product) return (level.then as Json).properties as Record<string, Json>;
  }
}
