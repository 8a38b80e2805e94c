/** The one place that knows the toolkit: whoever wants other controls writes this file anew. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { icon } from './icons';

export function defineControls(): void {
  provideVSCodeDesignSystem().register(
    ...[vsCodeButton(), vsCodeDropdown(), vsCodeOption(), vsCodeProgressRing(), vsCodeTextField()],
  );
}

export interface Button {
  label: string;
  icon?: string;
  kind?: 'primary' | 'secondary';
  title?: string;
  disabled?: boolean;
  run: () => void;
}

export function button({
  label,
  icon: name,
  kind = 'secondary',
  title,
  disabled,
  run,
}: Button): TemplateResult {
  return html`<vscode-button
    appearance=${kind}
    title=${title ?? nothing}
    ?disabled=${disabled ?? false}
    @click=${run}
    >${name === undefined ? nothing : html`<span slot="start" class="start">${icon(name)}</span>`}${label}</vscode-button
  >`;
}

/** A button that is an icon; its label is read aloud and shown on hover. */
export function iconButton(
  options: Omit<Button, 'kind'> & { icon: string; pressed?: boolean; expanded?: boolean },
): TemplateResult {
  const { label, icon: name, title, pressed, expanded, disabled, run } = options;
  // A native button: the toolkit's does not hand aria-pressed and aria-expanded on.
  return html`<button
    type="button"
    class="icon-button"
    aria-label=${label}
    title=${title ?? label}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)}
    aria-expanded=${expanded === undefined ? nothing : String(expanded)}
    ?disabled=${disabled ?? false}
    @click=${run}
  >
    ${icon(name)}
  </button>`;
}

export function textField(options: {
  label: string;
  value: string;
  id: string;
  change: (value: string) => void;
}): TemplateResult {
  const { label, value, id, change } = options;
  // On its way into the page the toolkit's field names itself "Text field".
  const named = (field?: Element): void => queueMicrotask(() => field?.setAttribute('aria-label', label));
  return html`<vscode-text-field
    id=${id}
    class="text-field"
    ${ref(named)}
    placeholder=${label}
    .value=${value}
    @input=${(event: Event) => change((event.target as HTMLInputElement).value)}
  ></vscode-text-field>`;
}

export function dropdown<V extends string>(options: {
  label: string;
  value: V;
  choices: readonly { value: V; label: string }[];
  change: (value: V) => void;
}): TemplateResult {
  const { label, value, choices, change } = options;
  const changed = (event: Event): void => {
    const chosen = (event.target as HTMLInputElement).value as V;
    if (chosen !== value) change(chosen);
  };
  return html`<vscode-dropdown class="dropdown" aria-label=${label} .value=${value} @change=${changed}
    >${choices.map(
      (choice) =>
        html`<vscode-option value=${choice.value} ?selected=${choice.value === value}
          >${choice.label}</vscode-option
        >`,
    )}</vscode-dropdown
  >`;
}

export function waiting(label: string): TemplateResult {
  return html`<vscode-progress-ring class="ring" aria-label=${label}></vscode-progress-ring>`;
}
