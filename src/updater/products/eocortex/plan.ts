import { compareVersions, isVersion, releaseLine } from '../../packages/versions';
import type { Action, PlanStep, Reason } from '../../plan/plan';
import { cite, type HopDown, type Need, type Proposal, type Situation } from '../product';
import { catalogue, isOfLine } from './catalogue';
import { conditions, excludes } from './conditions';
import { brokenUp, pathUp } from './path';
import { rules } from './rules';
import { checks, installSteps, rollbackSteps } from './steps';
import { foreign, loadedVersions, need, wanted } from './supply';

/** The way from the installed version to the wanted one: every version to be installed, and what the rules say of it. */
interface Way {
  path: string[];
  reasons: Reason[];
}

export function install(situation: Situation): Proposal {
  const { server, facts } = situation;
  const from = facts.installed?.version ?? null;
  const to = wanted(situation);
  const none: Proposal = { from, to, path: [], steps: [], reasons: [] };
  const told = (rule: string, severity: Reason['severity'], message: string): Reason => ({
    rule,
    severity,
    message,
  });

  if (to !== null && from !== null && compareVersions(from, to) === 0)
    return { ...none, reasons: [told('version.same', 'skip', `${from} is installed.`)] };
  const excluded = excludes(server, facts);
  if (to === null)
    return {
      ...none,
      reasons: [
        ...excluded,
        told('version.none', 'skip', 'No package of Eocortex is loaded and no version is asked for.'),
      ],
    };
  if (from === null) return { ...none, reasons: [...excluded, cite(rules, 'eocortex.not-installed')] };
  if (!isVersion(from))
    return {
      ...none,
      reasons: [
        ...excluded,
        told('version.unknown', 'block', `The server says "${from}", which is no version.`),
      ],
    };

  const { path, reasons } = way(situation, from, to);
  const versions = path.length > 0 ? path : [to];
  return {
    from,
    to,
    path,
    steps: path.flatMap((version) => installSteps(situation, version)),
    reasons: [
      ...excluded,
      ...reasons,
      ...conditions(server, facts, versions),
      ...notLoaded(situation, versions, to),
    ],
  };
}

function way(situation: Situation, from: string, to: string): Way {
  if (compareVersions(to, from) < 0)
    return releaseLine(to) === releaseLine(from)
      ? { path: [to], reasons: [] }
      : { path: [], reasons: [cite(rules, 'eocortex.downgrade-line', `${to} is older than ${from}.`)] };
  const lines = catalogue(situation.server.eocortex?.releaseLines ?? []);
  const broken = brokenUp(lines, from, to);
  const path = pathUp(lines, loadedVersions(situation), from, to);
  const hops = path.slice(0, -1).join(', then ');
  return {
    path,
    reasons: broken.map((rule) => ({
      ...cite(rules, rule, `So ${from} goes to ${to} by way of ${hops}.`),
      severity: 'warn',
    })),
  };
}

/** The installer of every version on the way; of the wanted one alone where there is no way. */
export function needs(situation: Situation, action: Action): Need[] {
  const from = situation.facts.installed?.version;
  if (action === 'restart') return [];
  if (action === 'rollback') {
    const down = situation.to ?? situation.facts.history.at(-2);
    return down === undefined ? [] : [need(situation, down)];
  }
  const to = wanted(situation);
  if (to === null) return [];
  const path = from !== undefined && isVersion(from) ? way(situation, from, to).path : [];
  return (path.length > 0 ? path : [to]).map((version) => need(situation, version));
}

function notLoaded(situation: Situation, versions: readonly string[], to: string): Reason[] {
  const missing = versions.filter((version) => need(situation, version).sha256 === null);
  if (missing.length === 0) return [];
  const names = missing.map((version) => {
    const others = foreign(situation, version);
    if (others.length > 0)
      return `${version} for ${situation.facts.arch} (what is there is for ${others.join(', ')})`;
    return version !== to && version === releaseLine(version) ? `a version of line ${version}` : version;
  });
  return [
    { rule: 'package.not-loaded', severity: 'warn', message: `Not in the library yet: ${names.join(', ')}.` },
  ];
}

export function rollback(situation: Situation, { up, down }: HopDown): Pick<Proposal, 'steps' | 'reasons'> {
  const { server, facts } = situation;
  const barred = up !== null && isOfLine(up, '4.3') && !isOfLine(down, '4.3');
  return {
    steps: rollbackSteps(situation, down),
    reasons: [
      ...excludes(server, facts),
      ...(barred ? [cite(rules, 'eocortex.rollback-4.3', `${up} cannot go back to ${down}.`)] : []),
      ...conditions(server, facts, [down]),
      ...notLoaded(situation, [down], down),
      cite(rules, 'eocortex.settings-revert'),
    ],
  };
}

export function restart(situation: Situation): Pick<Proposal, 'steps' | 'reasons'> {
  const { server, facts } = situation;
  const service = server.eocortex?.restart === 'service';
  const first: PlanStep = service
    ? { step: 'restart-service', service: server.eocortex?.service ?? '' }
    : { step: 'restart', machine: server.host };
  return { steps: [first, ...checks(situation)], reasons: excludes(server, facts) };
}
