import type { FleetEvent, Outcome } from '../updater/rollout/events';
import { serverError } from './errors';
import { actionName } from './plan-text';
import { count } from './table';
import type { Style } from './terminal';

type Paint = (style: Style, text: string) => string;

const askWords = { pause: 'paused', continue: 'let go on', cancel: 'cancelled' };

const outcomeStyle: Record<Outcome, Style> = {
  done: 'green',
  failed: 'red',
  blocked: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
  'not-started': 'yellow',
};

/** An event as lines for people; none for what only a live view shows. */
export function eventText(event: FleetEvent, paint: Paint): string[] {
  switch (event.type) {
    case 'rollout-started': {
      const acting = event.plan.servers.filter(
        ({ verdict }) => verdict === 'ready' || verdict === 'confirm',
      ).length;
      const again = event.resumed ? ', resumed' : '';
      const any = event.plan.ignoreWindow === true ? ', maintenance windows ignored' : '';
      return [
        `${actionName[event.action]} on ${count(acting, 'server')}, rollout ${event.rollout ?? ''}${again}${any}`,
      ];
    }
    case 'status':
      return [line(event.server, event.status, event.step, event.detail)];
    case 'log': {
      const style: Style = event.level === 'error' ? 'red' : event.level === 'warn' ? 'yellow' : 'dim';
      return [paint(style, line(event.server, event.level, event.step, event.message))];
    }
    case 'server-finished': {
      const [message, hint] = event.error === null ? [null] : serverError(event.error);
      const first = `${event.server}: ${paint(outcomeStyle[event.outcome], event.outcome)}`;
      const said = message ?? event.reason;
      return [said === undefined ? first : `${first}: ${said}`, ...(hint === undefined ? [] : [`  ${hint}`])];
    }
    case 'rollout-finished': {
      const counts = Object.entries(event.counts).filter(([, many]) => many > 0);
      const servers = counts.map(([outcome, many]) => `${many} ${outcome}`).join(', ');
      return [`Rollout ${event.outcome}${servers === '' ? '' : `: ${servers}`}`];
    }
    case 'server-failing': {
      const [message] = serverError(event.error);
      return [`${event.server}: ${paint('red', 'failed')}: ${message}`, '  It is being rolled back.'];
    }
    case 'rollout-asked':
      return [`Rollout ${askWords[event.ask]} by ${event.by}`];
    case 'unreachable':
    case 'facts':
    case 'checking':
    case 'progress':
    case 'rollout-left':
      return [];
  }
}

function line(server: string, what: string, step: string | null, detail: string | null): string {
  return [`${server}: ${what}`, step, detail].filter((part) => part !== null && part !== '').join(': ');
}
