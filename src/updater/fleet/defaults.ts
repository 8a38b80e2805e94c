/** What holds where neither the server nor its system says anything. */
export const DEFAULTS = {
  canary: 0,
  maxFailures: 0,
  soakMinutes: 0,
  watchMinutes: 0,
  onFailure: 'stop',
  returnMinutes: 15,
  sudo: true,
  settleSeconds: 5,
  timeoutSeconds: 120,
  eocortexArgs: ['/S'],
  home: '/opt/banalytics-box',
  service: 'banalytics-box.service',
  windowsService: 'BanalyticsBox',
  updateType: 'manual',
  restart: 'reboot',
  restartOnFailure: '10s',
} as const;
