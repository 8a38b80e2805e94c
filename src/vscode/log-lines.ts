import type { FleetEvent } from '../updater/rollout/events';
import { oneLine } from './words';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface LogLine {
  level: LogLevel;
  text: string;
}

/** What the output channel says of an event, in English: `[server] step: message`. Undefined: nothing, it comes too often to be read. */
export function logLine(event: FleetEvent): LogLine | undefined {
  const line = describe(event);
  return line && { level: line.level, text: oneLine(line.text) };
}

function describe(event: FleetEvent): LogLine | undefined {
  switch (event.type) {
    case 'rollout-started': {
      const what = event.resumed ? 'resumed' : 'started';
      const { action, by, plan } = event;
      const servers = plan.servers.length === 1 ? '1 server' : `${plan.servers.length} servers`;
      const any = plan.ignoreWindow === true ? ', maintenance windows ignored' : '';
      return info(`rollout ${event.rollout}: ${what} by ${by}: ${action} on ${servers}${any}`);
    }
    case 'rollout-finished': {
      const ends = Object.entries(event.counts).filter(([, n]) => n > 0);
      const words = ends.map(([outcome, n]) => `${n} ${inWords(outcome)}`);
      const level = event.outcome === 'failed' ? 'error' : 'info';
      return { level, text: `rollout ${event.rollout}: ${event.outcome} (${words.join(', ')})` };
    }
    case 'checking':
      return { level: 'debug', text: `[${event.server}] facts: ${event.stopped ? 'stopped' : 'asking'}` };
    case 'facts': {
      const { facts, assessment } = event;
      const version = facts.installed?.version ?? 'nothing';
      const said = [
        assessment.detail,
        ...assessment.reasons.map(({ rule, message }) => `${rule}: ${message}`),
      ];
      const more = said.filter((one) => one !== null).map((one) => `; ${one}`);
      return info(
        `[${event.server}] facts: ${version} installed, ${inWords(assessment.status)}${more.join('')}`,
      );
    }
    case 'unreachable':
      return failure('warn', event.server, 'facts', event.error);
    case 'status':
      return info(
        `[${event.server}] ${event.step ?? event.status}: ${event.detail ?? inWords(event.status)}`,
      );
    case 'log':
      return { level: event.level, text: `[${event.server}] ${event.step ?? 'log'}: ${event.message}` };
    case 'server-finished':
      if (event.error) return failure('error', event.server, event.error.step ?? 'end', event.error);
      return info(
        `[${event.server}] end: ${inWords(event.outcome)}, ${inWords(event.status)}${event.reason === undefined ? '' : `: ${event.reason}`}`,
      );
    case 'server-failing':
      return failure('error', event.server, event.error.step ?? 'failing', event.error);
    case 'rollout-asked':
      return info(`rollout ${event.rollout}: ${askWords[event.ask]} by ${event.by}`);
    case 'rollout-left':
      return {
        level: 'warn',
        text: `rollout ${event.rollout}: nobody works on it any more; it can be resumed`,
      };
    case 'progress':
      return undefined;
  }
}

/** What people ask of a rollout, before "by". */
const askWords = { pause: 'paused', continue: 'let go on', cancel: 'cancelled' };

/** "not-started" as people write it. */
const inWords = (id: string): string => id.replaceAll('-', ' ');

const info = (text: string): LogLine => ({ level: 'info', text });

function failure(
  level: LogLevel,
  server: string,
  step: string,
  error: { code: string; message: string; hint: string | null },
): LogLine {
  const hint = error.hint === null ? '' : ` Next: ${error.hint}`;
  return { level, text: `[${server}] ${step}: ${error.message} (${error.code})${hint}` };
}
