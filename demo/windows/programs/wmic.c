/* wmic.exe ALIAS [where …] get NAMES [/value | /format:list | /format:csv] for os, qfe, logicaldisk, datafile and computersystem. Wine's own
 * has no qfe, no datafile and no /value. Output is UTF-16 with a byte order mark, as the real one writes it into a pipe. */
#include <stdio.h>
#include <wchar.h>
#include "say.h"
#include "boot.h"
#include "version.h"

#define ROWS 200
#define COLUMNS 8
#define LENGTH 260

struct row {
    WCHAR names[COLUMNS][40], values[COLUMNS][LENGTH];
    int count;
};

static struct row rows[ROWS];
static int row_count;
static WCHAR printed[65536];

static void add(struct row *row, const WCHAR *name, const WCHAR *value)
{
    swprintf(row->names[row->count], 40, L"%ls", name);
    swprintf(row->values[row->count++], LENGTH, L"%ls", value);
}

static const WCHAR *find(const struct row *row, const WCHAR *name)
{
    int i;

    for (i = 0; i < row->count; i++)
        if (!_wcsicmp(row->names[i], name)) return row->values[i];
    return NULL;
}

static WCHAR *registry(const WCHAR *key, const WCHAR *name)
{
    static WCHAR text[LENGTH];
    DWORD size = sizeof text;

    text[0] = 0;
    RegGetValueW(HKEY_LOCAL_MACHINE, key, name, RRF_RT_REG_SZ, NULL, text, &size);
    return text;
}

/** yyyymmddHHMMSS.mmmmmm+minutes, local time. */
static void format_time(ULONGLONG time, WCHAR *text)
{
    FILETIME file = {(DWORD)time, (DWORD)(time >> 32)};
    SYSTEMTIME utc, local;
    TIME_ZONE_INFORMATION zone;

    FileTimeToSystemTime(&file, &utc);
    GetTimeZoneInformation(&zone);
    SystemTimeToTzSpecificLocalTime(NULL, &utc, &local);
    swprintf(text, LENGTH, L"%04u%02u%02u%02u%02u%02u.%06u%+04ld", local.wYear, local.wMonth, local.wDay, local.wHour,
             local.wMinute, local.wSecond, (unsigned)(time / 10 % 1000000), -zone.Bias);
}

static void operating_system(void)
{
    static const WCHAR key[] = L"Software\\Microsoft\\Windows NT\\CurrentVersion";
    struct row *row = rows + row_count++;
    WCHAR text[LENGTH];

    swprintf(text, LENGTH, L"Microsoft %ls", registry(key, L"ProductName"));
    add(row, L"Caption", text);
    add(row, L"BuildNumber", registry(key, L"CurrentBuildNumber"));
    swprintf(text, LENGTH, L"10.0.%ls", registry(key, L"CurrentBuildNumber"));
    add(row, L"Version", text);
    add(row, L"OSArchitecture", L"64-bit");
    format_time(boot_time(), text);
    add(row, L"LastBootUpTime", text);
    add(row, L"SystemDrive", L"C:");
    add(row, L"ProductType", L"3");
}

static void computer(void)
{
    struct row *row = rows + row_count++;
    WCHAR text[LENGTH];
    DWORD size = LENGTH;

    GetComputerNameW(text, &size);
    add(row, L"Name", text);
    add(row, L"Domain", L"WORKGROUP");
    add(row, L"PartOfDomain", L"FALSE");
    add(row, L"SystemType", L"x64-based PC");
}

/** What is installed is what the servicing store lists. */
static void hotfixes(void)
{
    HKEY key;
    WCHAR name[LENGTH], *end;
    DWORD i;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE,
                      L"Software\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages", 0, KEY_READ, &key))
        return;
    for (i = 0; row_count < ROWS && !RegEnumKeyW(key, i, name, LENGTH); i++) {
        if (wcsncmp(name, L"Package_for_KB", 14)) continue;
        if ((end = wcschr(name, L'~'))) *end = 0;
        add(rows + row_count++, L"HotFixID", name + 12);
        add(rows + row_count - 1, L"Description", L"Update");
    }
    RegCloseKey(key);
}

static void disks(void)
{
    WCHAR root[] = L"A:\\", text[LENGTH];
    ULARGE_INTEGER available, total, all;

    for (; root[0] <= L'Z'; root[0]++) {
        struct row *row = rows + row_count;
        if (GetDriveTypeW(root) != DRIVE_FIXED || !GetDiskFreeSpaceExW(root, &available, &total, &all)) continue;
        row_count++;
        swprintf(text, LENGTH, L"%lc:", root[0]);
        add(row, L"DeviceID", text);
        add(row, L"Caption", text);
        add(row, L"DriveType", L"3");
        swprintf(text, LENGTH, L"%llu", all.QuadPart);
        add(row, L"FreeSpace", text);
        swprintf(text, LENGTH, L"%llu", total.QuadPart);
        add(row, L"Size", text);
    }
}

/** @param name with its backslashes doubled, as WQL wants them */
static void data_file(const WCHAR *name)
{
    struct row *row = rows;
    WCHAR path[LENGTH], text[LENGTH], *to = path;
    const WCHAR *from;

    for (from = name; *from && to < path + LENGTH - 1; from++) {
        *to++ = *from;
        if (from[0] == L'\\' && from[1] == L'\\') from++;
    }
    *to = 0;
    if (GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) return;
    row_count = 1;
    add(row, L"Name", path);
    add(row, L"Version", version_text(path, L"FileVersion", text, LENGTH) ? text : L"");
}

/** `name='value'` with or without brackets and quotes. */
static BOOL read_condition(const WCHAR *text, WCHAR *name, WCHAR *value)
{
    size_t length;

    name[0] = value[0] = 0;
    text += wcsspn(text, L"(\" ");
    length = wcscspn(text, L"= ");
    wcsncat(name, text, length < LENGTH ? length : LENGTH - 1);
    text += length;
    text += wcsspn(text, L" =");
    if (*text == L'\'' || *text == L'"') text++;
    length = wcscspn(text, L"'\")");
    wcsncat(value, text, length < LENGTH ? length : LENGTH - 1);
    return name[0] && value[0];
}

static void print(const WCHAR *text) { wcsncat(printed, text, 65536 - wcslen(printed) - 1); }

static void print_list(WCHAR names[][40], int count)
{
    WCHAR line[LENGTH + 50];
    int i, j;

    for (i = 0; i < row_count; i++) {
        print(L"\r\n\r\n");
        for (j = 0; j < count; j++) {
            swprintf(line, LENGTH + 50, L"%ls=%ls\r\n", names[j], find(rows + i, names[j]));
            print(line);
        }
    }
    print(L"\r\n\r\n");
}

static void print_table(WCHAR names[][40], int count)
{
    WCHAR line[LENGTH + 50];
    int i, j;

    for (i = -1; i < row_count; i++) {
        for (j = 0; j < count; j++) {
            size_t width = wcslen(names[j]);
            int k;
            for (k = 0; k < row_count; k++)
                if (wcslen(find(rows + k, names[j])) > width) width = wcslen(find(rows + k, names[j]));
            swprintf(line, LENGTH + 50, L"%-*ls", (int)width + 2, i < 0 ? names[j] : find(rows + i, names[j]));
            print(line);
        }
        print(L"\r\n");
    }
    print(L"\r\n");
}

int wmain(int count, WCHAR **words)
{
    WCHAR names[COLUMNS][40], name[LENGTH] = L"", value[LENGTH] = L"", *word;
    const WCHAR *alias = count > 1 ? words[1] : L"";
    BOOL list = FALSE;
    int i = 2, j, kept, columns = 0;
    DWORD written;

    if (i + 1 < count && !_wcsicmp(words[i], L"where")) {
        read_condition(words[i + 1], name, value);
        i += 2;
        while (i < count && _wcsicmp(words[i], L"get")) i++;
    }
    if (!_wcsicmp(alias, L"os")) operating_system();
    else if (!_wcsicmp(alias, L"qfe")) hotfixes();
    else if (!_wcsicmp(alias, L"logicaldisk")) disks();
    else if (!_wcsicmp(alias, L"datafile")) data_file(value);
    else if (!_wcsicmp(alias, L"computersystem")) computer();
    else {
        err(L"Node - This stand-in for wmic knows no such alias.\r\nERROR:\r\nDescription = Invalid query\r\n");
        return 0x80041017;
    }
    if (name[0] && _wcsicmp(alias, L"datafile")) {
        for (kept = 0, j = 0; j < row_count; j++)
            if (find(rows + j, name) && !_wcsicmp(find(rows + j, name), value)) rows[kept++] = rows[j];
        row_count = kept;
    }
    if (i >= count || _wcsicmp(words[i], L"get")) {
        err(L"This stand-in for wmic knows only get.\r\n");
        return 1;
    }
    for (i++; i < count; i++) {
        if (words[i][0] == L'/') {
            list = list || !_wcsicmp(words[i], L"/value") || !_wcsicmp(words[i], L"/format:list");
            continue;
        }
        for (word = wcstok(words[i], L","); word && columns < COLUMNS; word = wcstok(NULL, L","))
            swprintf(names[columns++], 40, L"%ls", word);
    }
    if (row_count == 0) {
        err(L"No Instance(s) Available.\r\n");
        return 0;
    }
    for (j = 0; j < columns; j++)
        if (!find(rows, names[j])) {
            err(L"ERROR:\r\nDescription = Invalid query\r\n");
            return 0x80041017;
        }
    printed[0] = 0xfeff;
    if (list) print_list(names, columns);
    else print_table(names, columns);
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), printed, (DWORD)(wcslen(printed) * sizeof(WCHAR)), &written, NULL);
    return 0;
}
