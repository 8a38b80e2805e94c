/** One element: its name without a namespace prefix, its own text, its child elements. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * The elements of a small XML file (a pom, a repository's metadata), tolerantly: attributes, processing instructions and
 * doctypes are skipped, no entity but the five plain ones is expanded, an unclosed element ends where its parent does.
 * Runs in linear time whatever it is fed. The result holds the roots.
 */
export function parseXml(xml: string): XmlElement {
  const root: XmlElement = { name: '', text: '', children: [] };
  const open: XmlElement[] = [root];
  const top = () => open[open.length - 1] ?? root;
  let at = 0;
  while (at < xml.length) {
    const start = xml.indexOf('<', at);
    top().text += decode(xml.slice(at, start < 0 ? xml.length : start));
    if (start < 0) break;
    const [opening, closing] = bracket(xml, start);
    const end = xml.indexOf(closing, start + opening.length);
    if (end < 0) break;
    const inner = xml.slice(start + opening.length, end);
    at = end + closing.length;
    if (opening === '<![CDATA[') top().text += inner;
    if (opening !== '<') continue;
    const name = /^\/?(?:[^\s/:]+:)?([^\s/]+)/.exec(inner)?.[1];
    if (name === undefined) continue;
    if (inner.startsWith('/')) {
      const depth = open.findLastIndex((element, index) => index > 0 && element.name === name);
      if (depth > 0) open.length = depth;
      continue;
    }
    const element: XmlElement = { name, text: '', children: [] };
    top().children.push(element);
    // Deeper than any real pom: not followed, so that a closing tag never searches far.
    if (!inner.endsWith('/') && open.length < 64) open.push(element);
  }
  return root;
}

function bracket(xml: string, at: number): [opening: string, closing: string] {
  if (xml.startsWith('<!--', at)) return ['<!--', '-->'];
  if (xml.startsWith('<![CDATA[', at)) return ['<![CDATA[', ']]>'];
  if (xml.startsWith('<?', at)) return ['<?', '?>'];
  if (xml.startsWith('<!', at)) return ['<!', '>'];
  return ['<', '>'];
}

function decode(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (whole, name: string) => entities[name] ?? whole);
}

/** Every element reached by the names, one level a name. */
export function select(from: XmlElement, ...names: string[]): XmlElement[] {
  return names.reduce<XmlElement[]>(
    (elements, name) => elements.flatMap(({ children }) => children.filter((child) => child.name === name)),
    [from],
  );
}

/** The trimmed text of the first element reached; undefined where there is none. */
export function textOf(from: XmlElement, ...names: string[]): string | undefined {
  return select(from, ...names)[0]?.text.trim();
}
