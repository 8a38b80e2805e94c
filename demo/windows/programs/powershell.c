/* powershell.exe for four questions; whatever else it is asked it refuses. Wine's own does nothing and says that all went well.
 *
 * UtcNow              the time now, whole seconds since 1970
 * LastBootUpTime      when Windows booted, whole seconds since 1970 UTC
 * VersionInfo         ProductVersion of the file that the variable VF_FILE names
 * SecurityIdentifier  SID of the account that the variable VF_ACCOUNT names, if this machine knows it */
#include <stdio.h>
#include <wchar.h>
#include "say.h"
#include "boot.h"
#include "version.h"

#define LENGTH 32768

static WCHAR command[LENGTH];

static void refuse(const WCHAR *text)
{
    err(text);
    err(L"\r\n");
    exit(1);
}

static void print(const WCHAR *text)
{
    out(text);
    out(L"\r\n");
    exit(0);
}

/** -EncodedCommand: UTF-16 in base64. */
static void decode(const WCHAR *text)
{
    DWORD length = sizeof command - sizeof(WCHAR);

    if (!CryptStringToBinaryW(text, 0, CRYPT_STRING_BASE64, (BYTE *)command, &length, NULL, NULL))
        refuse(L"Cannot process the command because the value specified with -EncodedCommand is not properly encoded.");
}

static void read_input(void)
{
    static char bytes[LENGTH];
    DWORD got, length = 0;

    while (length < sizeof bytes - 1 &&
           ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes + length, sizeof bytes - 1 - length, &got, NULL) && got)
        length += got;
    MultiByteToWideChar(CP_OEMCP, 0, bytes, -1, command, LENGTH);
}

static void read_command(int count, WCHAR **words)
{
    int i = 1;

    for (; i < count && words[i][0] == L'-'; i++) {
        const WCHAR *option = words[i] + 1;
        if (!_wcsicmp(option, L"command") || !_wcsicmp(option, L"c")) {
            i++;
            break;
        }
        if (!_wcsicmp(option, L"encodedcommand") || !_wcsicmp(option, L"enc") || !_wcsicmp(option, L"e")) {
            if (i + 1 < count) decode(words[i + 1]);
            return;
        }
        if (!_wcsicmp(option, L"executionpolicy") || !_wcsicmp(option, L"ep") || !_wcsicmp(option, L"version") ||
            !_wcsicmp(option, L"inputformat") || !_wcsicmp(option, L"outputformat") || !_wcsicmp(option, L"windowstyle"))
            i++;
    }
    if (i < count && !wcscmp(words[i], L"-")) {
        read_input();
        return;
    }
    for (; i < count; i++) {
        wcsncat(command, words[i], LENGTH - wcslen(command) - 2);
        wcscat(command, L" ");
    }
}

static ULONGLONG time_now(void)
{
    FILETIME now;

    GetSystemTimeAsFileTime(&now);
    return by_clock(((ULONGLONG)now.dwHighDateTime << 32) | now.dwLowDateTime);
}

int wmain(int count, WCHAR **words)
{
    WCHAR name[1024], text[1024];
    DWORD size = sizeof text;

    read_command(count, words);
    if (wcsstr(command, L"UtcNow")) {
        swprintf(text, 1024, L"%llu", time_now() / 10000000 - 11644473600ULL);
        print(text);
    }
    if (wcsstr(command, L"LastBootUpTime")) {
        swprintf(text, 1024, L"%llu", boot_time() / 10000000 - 11644473600ULL);
        print(text);
    }
    if (wcsstr(command, L"VersionInfo")) {
        if (!GetEnvironmentVariableW(L"VF_FILE", name, 1024) || GetFileAttributesW(name) == INVALID_FILE_ATTRIBUTES)
            refuse(L"Cannot find path because it does not exist.");
        print(version_text(name, L"ProductVersion", text, 1024) ? text : L"");
    }
    if (wcsstr(command, L"SecurityIdentifier")) {
        if (!GetEnvironmentVariableW(L"VF_ACCOUNT", name, 1024) ||
            RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Lab\\Accounts", name, RRF_RT_REG_SZ, NULL, text, &size))
            refuse(L"Exception calling \"Translate\" with \"1\" argument(s): \"Some or all identity references could not be "
                   L"translated.\"");
        print(text);
    }
    refuse(L"This stand-in for PowerShell does not know that command.");
    return 1;
}
