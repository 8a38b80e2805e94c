import type { PlanStep } from '../../plan/plan';
import { healthSteps } from '../health';
import type { Situation } from '../product';
import { need } from './supply';

/** The Windows service, where the server did not say its name. */
const usualService = 'EocortexServer';
const service = ({ facts }: Situation): string => facts.service?.name ?? usualService;

/** One version put over another. The vendor forbids touching the settings while the server runs, reading included. */
export function installSteps(situation: Situation, version: string): PlanStep[] {
  return [
    { step: 'stop', service: service(situation) },
    ...situation.server.settingsPaths.map((path): PlanStep => ({ step: 'backup', path })),
    run(situation, version),
    ...restart(situation),
    // Before it is started: a version that does not start must have a way back.
    { step: 'check-version', version },
    { step: 'start', service: service(situation) },
    ...checks(situation),
  ];
}

/** One version back: the installer of the version before, then the settings as they were before the update. */
export function rollbackSteps(situation: Situation, version: string): PlanStep[] {
  const name = service(situation);
  const restores = situation.server.settingsPaths.map((path): PlanStep => ({ step: 'restore', path }));
  return [
    { step: 'stop', service: name },
    run(situation, version),
    ...restart(situation),
    // The installer may have started it.
    ...(restores.length === 0 ? [] : [{ step: 'stop', service: name }, ...restores]),
    { step: 'start', service: name },
    { step: 'check-version', version },
    ...checks(situation),
  ];
}

function run(situation: Situation, version: string): PlanStep {
  const file = need(situation, version).package?.file;
  const words = situation.server.eocortex?.installerArgs.join(' ') ?? '';
  return { step: 'run', version, ...(file !== undefined && { file }), arguments: words };
}

/** The machine's restart, where the fleet file allows one. */
function restart({ server }: Situation): PlanStep[] {
  const when = server.eocortex?.restart ?? 'if-needed';
  if (when === 'service') return [];
  return [
    {
      step: 'restart',
      machine: server.host,
      ...(when === 'if-needed' && { when: 'the installer asks for it' }),
    },
  ];
}

export function checks(situation: Situation): PlanStep[] {
  return healthSteps(situation.server, service(situation));
}
