import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { spokenLanguage, t } from '../vscode/l10n';

/** The page's document. It runs our script and no other, shows our styles, and reaches for nothing outside. */
export function pageOf(webview: vscode.Webview, extensionUri: vscode.Uri): string {
  const nonce = randomBytes(18).toString('base64');
  const uri = (name: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource} 'nonce-${nonce}';`;
  const { language, sentences } = spokenLanguage();
  return `<!DOCTYPE html>
<html lang="${language}">
  <head>
    <meta charset="UTF-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <!-- Under this name the toolkit looks for it, for the one style element that it makes. -->
    <meta property="csp-nonce" content="${nonce}" />
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <title>${t('Fleet View')}</title>
    <link rel="stylesheet" href="${uri('webview.css')}" />
  </head>
  <body>
    <div id="app"></div>
    <script type="application/json" id="sentences">${inHtml(sentences ?? {})}</script>
    <script nonce="${nonce}" src="${uri('webview.js')}"></script>
  </body>
</html>`;
}

/** JSON that no sentence can break out of. */
const inHtml = (data: object): string => JSON.stringify(data).replaceAll('<', '\\u003c');
