/* whoami.exe [/groups | /user | /upn] [/fo csv|list|table] [/nh]: wine's own says the name whatever it is asked. */
#include <stdio.h>
#include <wchar.h>
#include "say.h"

struct group {
    const WCHAR *name, *type, *sid, *attributes;
};

static const WCHAR enabled[] = L"Mandatory group, Enabled by default, Enabled group";
static const struct group common[] = {
    {L"Everyone", L"Well-known group", L"S-1-1-0", enabled},
    {L"BUILTIN\\Users", L"Alias", L"S-1-5-32-545", enabled},
    {L"NT AUTHORITY\\NETWORK", L"Well-known group", L"S-1-5-2", enabled},
    {L"NT AUTHORITY\\Authenticated Users", L"Well-known group", L"S-1-5-11", enabled},
};
static const struct group administrators = {L"BUILTIN\\Administrators", L"Alias", L"S-1-5-32-544",
                                            L"Mandatory group, Enabled by default, Enabled group, Group owner"};
static const struct group levels[] = {
    {L"Mandatory Label\\Medium Mandatory Level", L"Label", L"S-1-16-8192", L""},
    {L"Mandatory Label\\High Mandatory Level", L"Label", L"S-1-16-12288", L""},
    {L"Mandatory Label\\System Mandatory Level", L"Label", L"S-1-16-16384", L""},
};

static const WCHAR *format = L"table";
static BOOL header = TRUE;

static void row(const WCHAR *name, const WCHAR *type, const WCHAR *sid, const WCHAR *attributes)
{
    WCHAR text[400];

    if (!_wcsicmp(format, L"csv"))
        swprintf(text, 400, L"\"%ls\",\"%ls\",\"%ls\",\"%ls\"\r\n", name, type, sid, attributes);
    else if (!_wcsicmp(format, L"list"))
        swprintf(text, 400, L"Group Name: %ls\r\nType:       %ls\r\nSID:        %ls\r\nAttributes: %ls\r\n\r\n", name, type, sid,
                 attributes);
    else
        swprintf(text, 400, L"%-38ls %-16ls %-12ls %ls\r\n", name, type, sid, attributes);
    out(text);
}

static void print(const struct group *group) { row(group->name, group->type, group->sid, group->attributes); }

static void groups(BOOL plain, BOOL system)
{
    size_t i;

    if (!_wcsicmp(format, L"csv") && header) row(L"Group Name", L"Type", L"SID", L"Attributes");
    if (!_wcsicmp(format, L"table") && header) {
        out(L"\r\nGROUP INFORMATION\r\n-----------------\r\n\r\n");
        row(L"Group Name", L"Type", L"SID", L"Attributes");
        row(L"======================================", L"================", L"============",
            L"==================================================");
    }
    for (i = 0; i < sizeof common / sizeof *common; i++) print(common + i);
    if (!plain) print(&administrators);
    print(levels + (system ? 2 : plain ? 0 : 1));
}

int wmain(int count, WCHAR **words)
{
    WCHAR user[256], computer[256], text[600];
    DWORD size = 256;
    BOOL system = GetEnvironmentVariableW(L"LAB_SYSTEM", NULL, 0) > 0, list = FALSE;
    int i;

    for (i = 1; i < count; i++) {
        if (!_wcsicmp(words[i], L"/groups")) list = TRUE;
        else if (!_wcsicmp(words[i], L"/nh")) header = FALSE;
        else if (!_wcsicmp(words[i], L"/fo") && i + 1 < count) format = words[++i];
        else {
            err(L"ERROR: Invalid argument/option.\r\nType \"WHOAMI /?\" for usage.\r\n");
            return 1;
        }
    }
    if (list) {
        groups(is_plain_user(), system);
        return 0;
    }
    GetComputerNameW(computer, &size);
    size = 256;
    GetUserNameW(user, &size);
    if (system) wcscpy(text, L"nt authority\\system\r\n");
    else swprintf(text, 600, L"%ls\\%ls\r\n", _wcslwr(computer), _wcslwr(user));
    out(text);
    return 0;
}
