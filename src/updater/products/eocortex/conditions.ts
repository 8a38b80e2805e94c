import type { Server } from '../../fleet/model';
import type { Reason } from '../../plan/plan';
import type { Facts } from '../../targets/facts';
import { cite } from '../product';
import { isOfLine } from './catalogue';
import { rules } from './rules';

const centrallyUpdated = ['server', 'standalone'];

/** Rules of what a server is, which no version changes. Where both the fleet file and the server name an application, both must do. */
export function excludes(server: Server, facts: Facts | null): Reason[] {
  const apps = [facts?.installed?.app, server.app].filter((app) => app !== undefined);
  const other = apps.find((app) => !centrallyUpdated.includes(app.toLowerCase()));
  const families = [facts?.os.family, server.os];
  return [
    ...(other === undefined
      ? []
      : [cite(rules, 'eocortex.app', `${server.id} is of the application "${other}".`)]),
    ...(families.includes('linux')
      ? [cite(rules, 'eocortex.os', `${server.id} runs ${facts?.os.name ?? 'Linux'}.`)]
      : []),
    ...(facts !== null && apps.length === 0
      ? [
          unknown(
            'eocortex.app',
            `Nothing says which application ${server.id} is: note it as \`app\` in the fleet file.`,
          ),
        ]
      : []),
  ];
}

/** Rules of the state that a server is in, for installing these versions one after the other. */
export function conditions(server: Server, facts: Facts, versions: readonly string[]): Reason[] {
  return [...space(facts), ...account(server, facts), ...netFramework(facts, versions)];
}

/** Where a rule cannot be judged it blocks nobody, and says so. */
function unknown(rule: string, about: string): Reason {
  return { ...cite(rules, rule, about), severity: 'warn' };
}

const leastFree = 5e9;

function space({ freeBytes }: Facts): Reason[] {
  if (freeBytes.system >= leastFree) return [];
  // Cut off, not rounded: what is short of 5 GB must not read as 5.00.
  const free = (Math.floor(freeBytes.system / 1e7) / 100).toFixed(2);
  return [cite(rules, 'eocortex.free-space', `${free} GB are free.`)];
}

function account(server: Server, { service, computerName }: Facts): Reason[] {
  if (service?.account === undefined || !isOfDomain(service.account, server, computerName)) return [];
  if (service.accountHasProfile === true) return [];
  return service.accountHasProfile === false
    ? [
        cite(
          rules,
          'eocortex.service-account',
          `${service.account} has no profile there: log on to ${server.id} with it once.`,
        ),
      ]
    : [unknown('eocortex.service-account', `Whether ${service.account} has is not known.`)];
}

const ofTheMachine = ['.', 'nt authority', 'nt service', 'builtin'];

/**
 * A domain account is `DOMAIN\name` or `name@domain`. A local one is `.\name`, or begins with the machine's own name: the one that
 * the server says, and where it says none, the fleet file's id and host of it.
 */
function isOfDomain(name: string, server: Server, computerName: string | undefined): boolean {
  const slash = name.indexOf('\\');
  if (slash < 0) return name.includes('@');
  const domain = name.slice(0, slash).trim().toLowerCase();
  const own = computerName === undefined ? [server.id, server.host.replace(/\..*$/, '')] : [computerName];
  return (
    !ofTheMachine.includes(domain) && !own.some((one) => [one.toLowerCase(), netBios(one)].includes(domain))
  );
}

/** Windows cuts the short name of a machine after 15 characters. */
const netBios = (name: string): string => name.slice(0, 15).toLowerCase();

/** Windows Server 2012, 2012 R2 and 2016. Windows 10 has the last of these builds too. */
const oldBuilds = [9200, 9600, 14393];
const withFramework = 528_040;

function netFramework({ os, hotfixes, dotnetRelease }: Facts, versions: readonly string[]): Reason[] {
  const needing = versions.find((version) => isOfLine(version, '4.0'));
  const old =
    /server\W*(?:2012|2016)\b/i.test(os.name) ||
    (/server/i.test(os.name) && os.build !== undefined && oldBuilds.includes(os.build));
  if (needing === undefined || !old) return [];
  const listed = hotfixes?.some((one) => /^\s*(?:KB)?4486129\s*$/i.test(one)) ?? false;
  if (listed || (dotnetRelease ?? 0) >= withFramework) return [];
  const found = dotnetRelease === undefined ? '' : ` (.NET release ${dotnetRelease})`;
  return [cite(rules, 'eocortex.kb4486129', `${os.name} lacks it for ${needing}${found}.`)];
}
