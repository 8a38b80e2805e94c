/* sc.exe: query, qc, start, stop, create, config, delete, description, in the words of the real one. Wine's own has neither qc nor config. */
#include <stdio.h>
#include <wchar.h>
#include "say.h"

static const WCHAR *const states[] = {L"?", L"STOPPED", L"START_PENDING", L"STOP_PENDING", L"RUNNING", L"CONTINUE_PENDING",
                                      L"PAUSE_PENDING", L"PAUSED"};
static const WCHAR *const starts[] = {L"BOOT_START", L"SYSTEM_START", L"AUTO_START", L"DEMAND_START", L"DISABLED"};
static const WCHAR *const start_words[] = {L"boot", L"system", L"auto", L"demand", L"disabled"};

static const WCHAR *words_of(DWORD error)
{
    switch (error) {
    case ERROR_ACCESS_DENIED: return L"Access is denied.";
    case ERROR_SERVICE_DOES_NOT_EXIST: return L"The specified service does not exist as an installed service.";
    case ERROR_SERVICE_ALREADY_RUNNING: return L"An instance of the service is already running.";
    case ERROR_SERVICE_NOT_ACTIVE: return L"The service has not been started.";
    case ERROR_SERVICE_EXISTS: return L"The specified service already exists.";
    case ERROR_SERVICE_DISABLED:
        return L"The service cannot be started, either because it is disabled or because it has no enabled devices associated "
               L"with it.";
    case ERROR_SERVICE_REQUEST_TIMEOUT: return L"The service did not respond to the start or control request in a timely fashion.";
    case ERROR_FILE_NOT_FOUND: return L"The system cannot find the file specified.";
    case ERROR_SERVICE_MARKED_FOR_DELETE: return L"The specified service has been marked for deletion.";
    case ERROR_INVALID_PARAMETER: return L"The parameter is incorrect.";
    default: return L"The request failed.";
    }
}

static void fail(const WCHAR *call, DWORD error)
{
    WCHAR text[400];

    swprintf(text, 400, L"[SC] %ls FAILED %lu:\r\n\r\n%ls\r\n\r\n", call, error, words_of(error));
    out(text);
    exit((int)error);
}

static void print_status(const WCHAR *name, const SERVICE_STATUS *status)
{
    WCHAR text[800];
    BOOL shared = (status->dwServiceType & SERVICE_WIN32_SHARE_PROCESS) != 0;

    swprintf(text, 800,
             L"\r\nSERVICE_NAME: %ls \r\n"
             L"        TYPE               : %lx  %ls  \r\n"
             L"        STATE              : %lu  %ls \r\n"
             L"                                (%ls, NOT_PAUSABLE, %ls)\r\n"
             L"        WIN32_EXIT_CODE    : %lu  (0x%lx)\r\n"
             L"        SERVICE_EXIT_CODE  : %lu  (0x%lx)\r\n"
             L"        CHECKPOINT         : 0x%lx\r\n"
             L"        WAIT_HINT          : 0x%lx\r\n",
             name, status->dwServiceType, shared ? L"WIN32_SHARE_PROCESS" : L"WIN32_OWN_PROCESS", status->dwCurrentState,
             states[status->dwCurrentState & 7], status->dwControlsAccepted & SERVICE_ACCEPT_STOP ? L"STOPPABLE" : L"NOT_STOPPABLE",
             status->dwControlsAccepted & SERVICE_ACCEPT_SHUTDOWN ? L"ACCEPTS_SHUTDOWN" : L"IGNORES_SHUTDOWN",
             status->dwWin32ExitCode, status->dwWin32ExitCode, status->dwServiceSpecificExitCode,
             status->dwServiceSpecificExitCode, status->dwCheckPoint, status->dwWaitHint);
    out(text);
}

static void print_config(const WCHAR *name, SC_HANDLE service)
{
    static BYTE bytes[8192];
    QUERY_SERVICE_CONFIGW *config = (QUERY_SERVICE_CONFIGW *)bytes;
    WCHAR text[3000];
    DWORD needed;

    if (!QueryServiceConfigW(service, config, sizeof bytes, &needed)) fail(L"QueryServiceConfig", GetLastError());
    swprintf(text, 3000,
             L"[SC] QueryServiceConfig SUCCESS\r\n\r\nSERVICE_NAME: %ls\r\n"
             L"        TYPE               : %lx  %ls \r\n"
             L"        START_TYPE         : %lu   %ls\r\n"
             L"        ERROR_CONTROL      : %lu   NORMAL\r\n"
             L"        BINARY_PATH_NAME   : %ls\r\n"
             L"        LOAD_ORDER_GROUP   : \r\n"
             L"        TAG                : 0\r\n"
             L"        DISPLAY_NAME       : %ls\r\n"
             L"        DEPENDENCIES       : \r\n"
             L"        SERVICE_START_NAME : %ls\r\n",
             name, config->dwServiceType,
             config->dwServiceType & SERVICE_WIN32_SHARE_PROCESS ? L"WIN32_SHARE_PROCESS" : L"WIN32_OWN_PROCESS",
             config->dwStartType, starts[config->dwStartType % 5], config->dwErrorControl, config->lpBinaryPathName,
             config->lpDisplayName, config->lpServiceStartName);
    out(text);
}

/** The value behind `name=`, which is a word of its own; NULL if it is not given. */
static const WCHAR *option(int count, WCHAR **words, const WCHAR *name)
{
    int i;

    for (i = 3; i + 1 < count; i++)
        if (!_wcsicmp(words[i], name)) return words[i + 1];
    return NULL;
}

static DWORD start_type(const WCHAR *word)
{
    DWORD i;

    if (!word) return SERVICE_NO_CHANGE;
    for (i = 0; i < 5; i++)
        if (!_wcsicmp(word, start_words[i])) return i;
    if (!_wcsicmp(word, L"delayed-auto")) return SERVICE_AUTO_START;
    fail(L"CreateService", ERROR_INVALID_PARAMETER);
    return 0;
}

static void create(SC_HANDLE manager, int count, WCHAR **words)
{
    const WCHAR *name = words[2], *start = option(count, words, L"start="), *shown = option(count, words, L"DisplayName=");

    if (!CreateServiceW(manager, name, shown ? shown : name, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                        start ? start_type(start) : SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL, option(count, words, L"binPath="),
                        NULL, NULL, NULL, option(count, words, L"obj="), option(count, words, L"password=")))
        fail(L"CreateService", GetLastError());
    out(L"[SC] CreateService SUCCESS\r\n");
}

static void change(SC_HANDLE service, int count, WCHAR **words)
{
    if (!ChangeServiceConfigW(service, SERVICE_NO_CHANGE, start_type(option(count, words, L"start=")), SERVICE_NO_CHANGE,
                              option(count, words, L"binPath="), NULL, NULL, NULL, option(count, words, L"obj="),
                              option(count, words, L"password="), option(count, words, L"DisplayName=")))
        fail(L"ChangeServiceConfig", GetLastError());
    out(L"[SC] ChangeServiceConfig SUCCESS\r\n");
}

int wmain(int count, WCHAR **words)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), service;
    SERVICE_STATUS status = {0};
    const WCHAR *verb = count > 1 ? words[1] : L"", *name = count > 2 ? words[2] : NULL;
    BOOL query = !_wcsicmp(verb, L"query") || !_wcsicmp(verb, L"queryex"), asks = query || !_wcsicmp(verb, L"qc");

    if (!name) {
        err(L"This stand-in needs a verb and the name of a service.\r\n");
        return 1639;
    }
    if (!asks && is_plain_user()) fail(L"OpenService", ERROR_ACCESS_DENIED);
    if (!_wcsicmp(verb, L"create")) {
        create(manager, count, words);
        return 0;
    }
    service = OpenServiceW(manager, name, SERVICE_ALL_ACCESS);
    if (!service) fail(query ? L"EnumQueryServicesStatus:OpenService" : L"OpenService", GetLastError());
    if (query) {
        QueryServiceStatus(service, &status);
        print_status(name, &status);
    } else if (!_wcsicmp(verb, L"qc")) {
        print_config(name, service);
    } else if (!_wcsicmp(verb, L"start")) {
        if (!StartServiceW(service, 0, NULL)) fail(L"StartService", GetLastError());
        QueryServiceStatus(service, &status);
        print_status(name, &status);
    } else if (!_wcsicmp(verb, L"stop")) {
        if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) fail(L"ControlService", GetLastError());
        print_status(name, &status);
    } else if (!_wcsicmp(verb, L"config")) {
        change(service, count, words);
    } else if (!_wcsicmp(verb, L"delete")) {
        if (!DeleteService(service)) fail(L"DeleteService", GetLastError());
        out(L"[SC] DeleteService SUCCESS\r\n");
    } else {
        err(L"This stand-in does not know that verb.\r\n");
        return 1;
    }
    return 0;
}
