import { coreModule } from '../../packages/coordinates';
import type { PackageInfo, PackageKind } from '../../packages/package-info';
import type { Action, PlanStep, Reason } from '../../plan/plan';
import { healthSteps } from '../health';
import { cite, type HopDown, type Need, type Proposal, type Situation } from '../product';
import { rules } from './rules';
import { activeSet, changes, desiredSet, sameSet, settings, type ModuleChange, type ModuleSet } from './set';

/** Every file of the desired set: each module's jar, and its dependencies and model where the library has them. */
export function needs({ server, supply, to }: Situation, action: Action = 'install'): Need[] {
  // A rollback puts back what the server keeps.
  if (action !== 'install' && action !== 'download') return [];
  return Object.entries(desiredSet(server, to)).flatMap(([module, version]) => {
    const own = supply.packages.filter(
      (info) => info.product === 'banalytics' && info.module === module && info.version === version,
    );
    const newest = (kind: PackageKind): PackageInfo | undefined =>
      own.filter((info) => info.kind === kind).sort((a, b) => (a.loadedAt < b.loadedAt ? 1 : -1))[0];
    const jar = module === coreModule ? 'core' : 'module';
    const need = (kind: PackageKind, info: PackageInfo | undefined): Need => ({
      version,
      module,
      kind,
      package: info ?? null,
      sha256: info?.sha256 ?? null,
    });
    const others = (['dependencies', 'model'] as const).flatMap((kind) => {
      const info = newest(kind);
      return info === undefined ? [] : [need(kind, info)];
    });
    return [need(jar, newest(jar)), ...others];
  });
}

export function install(situation: Situation): Proposal {
  const { server, facts, to } = situation;
  const own = settings(server);
  const from = facts.installed?.version ?? null;
  const wanted = desiredSet(server, to);
  const core = wanted[coreModule] ?? null;
  const none: Proposal = { from, to: core, path: [], steps: [], reasons: [] };

  if (own.updateType === 'on-boot') return { ...none, reasons: [cite(rules, 'banalytics.on-boot')] };
  if (Object.keys(wanted).length === 0) return { ...none, reasons: [cite(rules, 'banalytics.empty-set')] };
  if (core === null) return { ...none, reasons: [cite(rules, 'banalytics.no-core')] };
  const changed = changes(activeSet(facts), wanted);
  if (changed.length === 0)
    return {
      ...none,
      reasons: [
        { rule: 'version.same', severity: 'skip', message: `The wanted modules are active (core ${core}).` },
      ],
    };

  return {
    from,
    to: core,
    path: [core],
    steps: [...changed.map(moduleStep), ...restartSteps(situation)],
    reasons: [
      ...setUpReasons(situation),
      ...(own.environment === undefined ? [cite(rules, 'banalytics.registered')] : []),
      ...supplyReasons(situation),
      ...spaceReason(situation),
      ...dependents(situation, changed, wanted),
      cite(rules, 'banalytics.restart-window'),
    ],
  };
}

/** A wrong `home` or `service` would cost a restart before it shows. */
function setUpReasons({ server, facts }: Situation): Reason[] {
  const { home, service } = settings(server);
  const noHome = facts.homeMissing === true;
  const noService = facts.service?.state === 'missing';
  return [
    ...(noHome
      ? [cite(rules, 'banalytics.home', `There is no ${home}; check \`home\` in the fleet file.`)]
      : []),
    ...(noService
      ? [cite(rules, 'banalytics.service', `There is no ${service}; check \`service\` in the fleet file.`)]
      : []),
  ];
}

function moduleStep(change: ModuleChange): PlanStep {
  return {
    step: change.to === null ? 'remove' : 'stage',
    module: change.module,
    from: change.from,
    to: change.to,
  };
}

export function restartSteps({ server }: Situation): PlanStep[] {
  const { restart, service } = settings(server);
  return [
    restart === 'reboot' ? { step: 'restart', machine: server.host } : { step: 'restart-service', service },
    ...healthSteps(server, service),
  ];
}

export function rollback(
  situation: Situation,
  { entry, down }: HopDown,
): Pick<Proposal, 'steps' | 'reasons'> {
  const { facts, server } = situation;
  const below = facts.entries?.[facts.entries.findIndex((one) => one.id === entry?.id) - 1];
  const moved = entry === null || below === undefined ? [] : changes(entry.modules, below.modules);
  const put =
    moved.length > 0 ? moved.map(moduleStep) : [{ step: 'stage', module: coreModule, from: null, to: down }];
  const restored = server.settingsPaths.map((path): PlanStep => ({ step: 'restore', path }));
  return {
    steps: [...put, ...restored, ...restartSteps(situation)],
    reasons: [cite(rules, 'banalytics.settings-kept'), cite(rules, 'banalytics.restart-window')],
  };
}

function supplyReasons(situation: Situation): Reason[] {
  const missing = needs(situation).filter((need) => need.package === null);
  if (missing.length === 0) return [];
  const { repository } = settings(situation.server);
  const names = missing.map((need) => `${need.module} ${need.version}`).join(', ');
  const silent = repository === undefined ? undefined : situation.supply.silent.get(repository);
  const portal =
    repository === undefined
      ? [cite(rules, 'banalytics.portal', `No \`repository\` is set, and the library lacks ${names}.`)]
      : silent === undefined
        ? []
        : [cite(rules, 'banalytics.portal', `${silent} The library lacks ${names}.`)];
  const fetched = portal.length === 0 ? ', fetched from the repository first' : '';
  return [
    ...portal,
    { rule: 'package.not-loaded', severity: 'warn', message: `Not in the library yet${fetched}: ${names}.` },
  ];
}

const margin = { part: 0.1, bytes: 100 << 20 };

/** Bytes that an install will need where the modules lie and where our state folder lies; sizes not known yet count as 0. */
export function room(situation: Situation): { home: number; state: number } {
  const { facts } = situation;
  const there = new Set(facts.loaded.map((loaded) => loaded.sha256));
  const known = needs(situation).flatMap((need) => need.package ?? []);
  const unpacked = (info: PackageInfo): number =>
    info.contents?.reduce((sum, one) => sum + one.size, 0) ?? info.size;
  const sum = (list: number[]): number => list.reduce((total, one) => total + one, 0);
  const kept = [
    'modules',
    'models',
    'config',
    ...situation.server.settingsPaths.map((_, i) => `settings-${i}`),
  ];
  return {
    home: sum(known.map(unpacked)),
    state:
      sum(known.filter((info) => !there.has(info.sha256)).map((info) => info.size)) +
      sum(kept.map((name) => facts.sizes?.[name] ?? 0)),
  };
}

function spaceReason(situation: Situation): Reason[] {
  const { freeBytes, volumes } = situation.facts;
  const { home, state } = room(situation);
  const free = { home: freeBytes.home ?? freeBytes.system, state: freeBytes.state };
  const together =
    volumes?.home !== undefined && volumes.state !== undefined
      ? volumes.home === volumes.state
      : free.home === free.state;
  const short = (what: string, have: number, need: number): Reason[] => {
    const wanted = Math.ceil(need * (1 + margin.part)) + margin.bytes;
    if (have >= wanted) return [];
    return [cite(rules, 'banalytics.free-space', `${size(have)} free ${what}, ${size(wanted)} needed.`)];
  };
  if (together) return short('on the server', Math.min(free.home, free.state), home + state);
  return [
    ...short('where the modules lie', free.home, home),
    ...short('where the state folder lies', free.state, state),
  ];
}

const size = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

/** Modules of the wanted set whose pom names one that is to be removed. */
function dependents({ supply }: Situation, changed: ModuleChange[], wanted: ModuleSet): Reason[] {
  return changed
    .filter((change) => change.to === null)
    .flatMap((change) => {
      const users = Object.entries(wanted)
        .filter(([module, version]) =>
          supply.packages.some(
            (info) =>
              info.module === module && info.version === version && info.dependsOn.includes(change.module),
          ),
        )
        .map(([module]) => module);
      return users.length === 0
        ? []
        : [cite(rules, 'banalytics.dependents', `${change.module} is needed by ${users.join(', ')}.`)];
    });
}

/** The proof after a job: the server itself names the modules that were to become active. */
export function reached({ server, facts, to }: Situation, action: Action): boolean {
  if (action === 'restart' || action === 'download') return true;
  const expected = action === 'install' ? desiredSet(server, to) : facts.entries?.at(-1)?.modules;
  return expected !== undefined && sameSet(activeSet(facts), expected);
}
