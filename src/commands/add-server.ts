import * as vscode from 'vscode';
import { asFleetError, FleetError } from '../updater/errors';
import type * as entries from '../updater/fleet/entry';
import type { Address, Grown } from '../updater/fleet/entry';
import type { OsFamily, System } from '../updater/fleet/model';
import type { ServerEntry, SystemEntry } from '../updater/fleet/schema';
import { signalOf } from '../vscode/cancellation';
import type { Faces } from '../vscode/faces';
import { t } from '../vscode/l10n';
import type { FleetSelection, FleetSession } from '../vscode/session';
import { askAll, askPick, askText, goBack, keep, type Answer, type At, type Step } from '../vscode/steps';
import { oneLine } from '../vscode/words';
import { jumpChoices, productSteps, systemChoices, userPrompt } from './add-server-questions';
import type { Command } from './command';
import { editFleetFile, openForEdit, showPlace } from './edit-fleet-file';
import { ask } from './refresh';
import { chooseFleet, systemsOf } from './selection';

/** The part of the core that knows what may be written; loaded when the command is run. */
type Entries = typeof entries;

/** Asks for a server step by step, tries to connect to it, and writes it into the fleet file; comments stay. */
export const addServer: Command = async (faces, chosen) => {
  const session = await chooseFleet(faces, chosen);
  if (!session) return;
  const text = (await openForEdit(session)).getText();
  const draft = new Draft(session, text, await import('../updater/fleet/entry'), chosen);
  if (!(await askAll(t('VMS Fleet: Add Server'), draft.steps()))) return;
  const { id, system, entry, connected } = draft;
  const { addServers } = await import('../updater/fleet/edit');
  await editFleetFile(session, [(now) => addServers(now, system.id, [[id, entry]])]);
  await faces.files.settled();
  const server = session.servers.find((one) => one.id === id);
  // Not awaited: it is written, whatever becomes of the notification.
  void tell(faces, session, system.id, id);
  if (connected && server) await ask(session, [server]);
};

async function tell(faces: Faces, session: FleetSession, system: string, id: string): Promise<void> {
  const show = t('Show It');
  const choice = await vscode.window.showInformationMessage(
    t('VMS Fleet: {0} was added to {1} in the fleet file.', id, system),
    show,
  );
  if (choice === show)
    await showPlace(session, ['systems', system, 'servers', id]).catch((error: unknown) =>
      faces.log.error('the added server', error),
    );
}

/** A server that is being asked for. */
class Draft {
  system: System;
  id = '';
  connected = false;
  /** Fields that only some products or fleets ask for. */
  readonly more: Partial<ServerEntry> = {};
  private address: Address = { host: '' };
  private user: string | undefined;
  /** What was cleared is not proposed again. */
  private userAsked = false;
  private jump: string | undefined;
  /** What the server said that it runs, or the person. */
  private os: OsFamily | undefined;
  private readonly taken: ReadonlySet<string>;
  private readonly chosenSystem: System | undefined;

  constructor(
    private readonly session: FleetSession,
    private readonly text: string,
    private readonly entries: Entries,
    chosen: readonly FleetSelection[],
  ) {
    const { systems } = session.fleet;
    const ids = systemsOf(chosen);
    const [first, ...others] = systems;
    if (!first)
      throw new FleetError('usage', t('The fleet file has no system yet that a server could be added to.'), {
        hint: t('Write one first: Ctrl+Space within "systems" offers them.'),
      });
    const [only, ...more] = systems.filter((system) => ids.has(system.id));
    this.chosenSystem = others.length === 0 ? first : more.length === 0 ? only : undefined;
    this.system = this.chosenSystem ?? first;
    this.taken = new Set(session.servers.map(({ id }) => id));
  }

  /** As it is to be written: what its system says already is left out. */
  get entry(): ServerEntry {
    const { host, port } = this.address;
    const { user, jump, os, written } = this;
    return {
      host,
      ...(port !== undefined && port !== written.port && { port }),
      ...(user !== undefined && user !== written.user && { user }),
      ...(jump !== undefined && jump !== written.jump && { jump }),
      ...(os !== undefined && os !== this.entries.usualOs(written) && { os }),
      ...this.more,
    };
  }

  steps(): Step[] {
    return [
      { applies: () => this.chosenSystem === undefined, ask: (at) => this.askSystem(at) },
      { ask: (at) => this.askAddress(at) },
      { ask: (at) => this.askUser(at) },
      { ask: (at) => this.askJump(at) },
      { ask: (at) => this.askId(at) },
      { counts: false, ask: () => this.connect() },
      { applies: () => !this.connected || this.os === undefined, ask: (at) => this.askOs(at) },
      ...productSteps({
        system: () => this.system,
        written: () => this.written,
        servers: this.session.servers,
        fault: (field, text) => this.entries.fault(field, text),
        entry: this.more,
      }),
    ];
  }

  private belongTo(system: System): void {
    if (system === this.system) return;
    this.system = system;
    // Another product has other fields.
    for (const key of Object.keys(this.more) as (keyof ServerEntry)[]) delete this.more[key];
  }

  private get written(): SystemEntry {
    return this.entries.writtenSystem(this.text, this.system.id);
  }

  private async askSystem(at: At): Promise<Answer<'answered'>> {
    const items = systemChoices(this.session.fleet.systems);
    const active = items.find(({ value }) => value === this.system);
    const answer = await askPick(at, {
      placeholder: t('Which system does it belong to?'),
      items,
      active,
    });
    return keep(answer, (system) => this.belongTo(system));
  }

  private async askAddress(at: At): Promise<Answer<'answered'>> {
    const { host, port } = this.address;
    const shown = port === undefined ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const answer = await askText(at, {
      prompt: t('Address, host name, or name in ~/.ssh/config'),
      placeholder: t('10.0.4.11, or updater@srv-01.example:2222'),
      value: shown,
      fault: (text) => {
        const address = this.entries.parseAddress(text);
        return typeof address === 'string' ? address : undefined;
      },
    });
    return keep(answer, (text) => {
      const address = this.entries.parseAddress(text);
      if (typeof address === 'string') return;
      this.address = address;
      this.user = address.user ?? this.user;
    });
  }

  private async askUser(at: At): Promise<Answer<'answered'>> {
    const inherited = this.written.user;
    const usual = this.userAsked ? undefined : (inherited ?? this.system.servers.at(-1)?.user);
    const answer = await askText(at, {
      prompt: userPrompt(inherited),
      value: this.user ?? usual ?? '',
      fault: (text) => (text === '' ? undefined : this.entries.fault('user', text)),
    });
    return keep(answer, (text) => {
      this.userAsked = true;
      this.user = text === '' ? undefined : text;
    });
  }

  private async askJump(at: At): Promise<Answer<'answered'>> {
    const inherited = this.written.jump;
    const items = jumpChoices(this.session.servers, inherited);
    const answer = await askPick(at, {
      placeholder: t('How is it reached? Type the name of another jump host, or user@host:port'),
      items,
      active: items.find(({ value }) => value === (this.jump ?? null)),
      typed: (text) =>
        this.entries.fault('jump', text) === undefined && !items.some(({ label }) => label === text)
          ? { label: text, description: t('this jump host'), value: text, alwaysShow: true }
          : undefined,
    });
    return keep(answer, (jump) => (this.jump = jump ?? undefined));
  }

  private async askId(at: At): Promise<Answer<'answered'>> {
    const { host } = this.address;
    const answer = await askText(at, {
      prompt: t('Name of the server, unique in the whole fleet'),
      value: this.id === '' ? this.entries.suggestId(host, this.system, this.taken) : this.id,
      fault: (text) =>
        this.taken.has(text) ? t('There is already a server {0}.', text) : this.entries.fault('id', text),
    });
    return keep(answer, (text) => (this.id = text));
  }

  private async askOs(at: At): Promise<Answer<'answered'>> {
    const items = [
      { label: 'Windows', value: 'windows' as const },
      { label: 'Linux', value: 'linux' as const },
    ];
    const active = items.find(({ value }) => value === (this.os ?? this.entries.usualOs(this.written)));
    const placeholder = this.connected
      ? t('It did not say what it runs. Which operating system is it?')
      : t('Which operating system does it run?');
    return keep(await askPick(at, { placeholder, items, active }), (os) => (this.os = os));
  }

  /** Tries it with the real link, as often as the person likes. */
  private async connect(): Promise<Answer<'next'>> {
    this.os = undefined;
    this.connected = false;
    const server = this.server();
    if (typeof server === 'string') {
      await vscode.window.showErrorMessage(t('{0} cannot be added.', this.id), {
        modal: true,
        detail: server,
      });
      return goBack;
    }
    for (;;) {
      try {
        this.os = await vscode.window.withProgress(
          {
            location: vscode.ProgressLocation.Notification,
            title: t('VMS Fleet: connecting to {0} ({1})', this.id, this.address.host),
            cancellable: true,
          },
          async (_progress, token) =>
            (await this.session.updater()).probe(server, { signal: signalOf(token) }),
        );
        this.connected = true;
        return 'next';
      } catch (thrown) {
        const answer = await askAfterFailure(this.id, asFleetError(thrown));
        if (answer !== 'again') return answer;
      }
    }
  }

  private server() {
    const grown: Grown | string = this.entries.withServers(
      this.text,
      this.session.uri.fsPath,
      this.system.id,
      [[this.id, this.entry]],
    );
    if (typeof grown === 'string') return grown;
    const servers = grown.fleet.systems.flatMap((system) => system.servers);
    return servers.find(({ id }) => id === this.id) ?? t('It would not be read again.');
  }
}

async function askAfterFailure(id: string, error: FleetError): Promise<Answer<'next'> | 'again'> {
  const [back, again, write] = [t('Go Back'), t('Try Again'), t('Write It Anyway')];
  const choice = await vscode.window.showWarningMessage(
    t('{0}: the connection failed.', id),
    { modal: true, detail: [oneLine(error.message), error.hint ?? ''].filter((part) => part).join('\n\n') },
    back,
    again,
    write,
  );
  if (choice === back) return goBack;
  if (choice === again) return 'again';
  return choice === write ? 'next' : undefined;
}
