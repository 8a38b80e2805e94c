/* net.exe start | start NAME | stop NAME | session: unlike sc.exe it waits until the service has done what it was told. */
#include <stdio.h>
#include <wchar.h>
#include "say.h"

#define PATIENCE 30000

static int fail(DWORD error)
{
    if (error == ERROR_ACCESS_DENIED) err(L"System error 5 has occurred.\r\n\r\nAccess is denied.\r\n\r\n");
    else if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        err(L"The service name is invalid.\r\n\r\nMore help is available by typing NET HELPMSG 2185.\r\n\r\n");
    else if (error == ERROR_SERVICE_ALREADY_RUNNING)
        err(L"The requested service has already been started.\r\n\r\nMore help is available by typing NET HELPMSG 2182.\r\n\r\n");
    else err(L"The service could not be controlled.\r\n\r\nMore help is available by typing NET HELPMSG 3523.\r\n\r\n");
    return 2;
}

static void say_name(const WCHAR *before, const WCHAR *name, const WCHAR *after)
{
    WCHAR text[600];

    swprintf(text, 600, L"%ls%ls%ls", before, name, after);
    out(text);
}

/** Waits while the service is on its way; @returns the state it came to. */
static DWORD settled(SC_HANDLE service)
{
    SERVICE_STATUS status;
    DWORD waited;

    for (waited = 0; QueryServiceStatus(service, &status); waited += 50) {
        BOOL moving = status.dwCurrentState == SERVICE_START_PENDING || status.dwCurrentState == SERVICE_STOP_PENDING;
        if (!moving || waited >= PATIENCE) break;
        Sleep(50);
    }
    return status.dwCurrentState;
}

static int start(SC_HANDLE service, const WCHAR *name)
{
    if (!StartServiceW(service, 0, NULL)) return fail(GetLastError());
    say_name(L"The ", name, L" service is starting.\r\n");
    if (settled(service) != SERVICE_RUNNING) {
        err(L"The service could not be started.\r\n\r\nThe service did not report an error.\r\n\r\n"
            L"More help is available by typing NET HELPMSG 3534.\r\n\r\n");
        return 2;
    }
    say_name(L"The ", name, L" service was started successfully.\r\n\r\n");
    return 0;
}

static int stop(SC_HANDLE service, const WCHAR *name)
{
    SERVICE_STATUS status;

    if (!ControlService(service, SERVICE_CONTROL_STOP, &status)) {
        if (GetLastError() != ERROR_SERVICE_NOT_ACTIVE) return fail(GetLastError());
        say_name(L"The ", name, L" service is not started.\r\n\r\nMore help is available by typing NET HELPMSG 3521.\r\n\r\n");
        return 2;
    }
    say_name(L"The ", name, L" service is stopping.\r\n");
    if (settled(service) != SERVICE_STOPPED) {
        err(L"The service could not be stopped.\r\n\r\n");
        return 2;
    }
    say_name(L"The ", name, L" service was stopped successfully.\r\n\r\n");
    return 0;
}

static int list(SC_HANDLE manager)
{
    static BYTE bytes[65536];
    ENUM_SERVICE_STATUSW *services = (ENUM_SERVICE_STATUSW *)bytes;
    DWORD needed, count = 0, resume = 0, i;

    EnumServicesStatusW(manager, SERVICE_WIN32, SERVICE_ACTIVE, services, sizeof bytes, &needed, &count, &resume);
    out(L"These Windows services are started:\r\n\r\n");
    for (i = 0; i < count; i++) say_name(L"   ", services[i].lpDisplayName, L"\r\n");
    out(L"\r\nThe command completed successfully.\r\n\r\n");
    return 0;
}

int wmain(int count, WCHAR **words)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), service;
    const WCHAR *verb = count > 1 ? words[1] : L"", *name = count > 2 ? words[2] : NULL;
    WCHAR shown[256];
    DWORD length = 256;

    if (!_wcsicmp(verb, L"start") && !name) return list(manager);
    if (!_wcsicmp(verb, L"session") && !name) {
        if (is_plain_user()) return fail(ERROR_ACCESS_DENIED);
        out(L"There are no entries in the list.\r\n\r\n");
        return 0;
    }
    if (!name || (_wcsicmp(verb, L"start") && _wcsicmp(verb, L"stop"))) {
        err(L"This stand-in for net knows only start, stop and session.\r\n");
        return 1;
    }
    if (is_plain_user()) return fail(ERROR_ACCESS_DENIED);
    service = OpenServiceW(manager, name, SERVICE_ALL_ACCESS);
    if (!service) return fail(GetLastError());
    if (!GetServiceDisplayNameW(manager, name, shown, &length)) swprintf(shown, 256, L"%ls", name);
    return _wcsicmp(verb, L"start") ? stop(service, shown) : start(service, shown);
}
