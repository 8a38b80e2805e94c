/* EocortexServer.exe, the service of the stand-in VMS. VMS_VERSION and VMS_FORMAT, that of its settings, are compiled in.
 *
 * Its settings are C:\ProgramData\Eocortex\settings.ini, `name=value` lines: port, channels, whatever else is there, and `format` and
 * `saved-by`, which it writes itself. While it runs nobody else can read the file. It rewrites it at the first start of its version, and
 * refuses one of a newer format. It listens on `port` and answers `GET /configex` with its version and channels, and
 * `GET /command?type=getchannelsstates`. A file `broken` beside it makes it fail at its start.
 * What it does is in C:\standin\log.txt. */
#include <winsock2.h>
#include <stdio.h>
#include <wchar.h>
#include <windows.h>

#define FOLDER L"C:\\ProgramData\\Eocortex\\"
#define LARGEST 65536
#define DAMAGED 13
#define NEWER_FORMAT 1610

static SERVICE_STATUS_HANDLE handle;
static SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS};
static HANDLE held = INVALID_HANDLE_VALUE, stopping;
static char settings[LARGEST];
static SOCKET listener = INVALID_SOCKET;

static void report(DWORD state, DWORD error)
{
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN : 0;
    status.dwWin32ExitCode = error;
    SetServiceStatus(handle, &status);
}

static void note(const char *text)
{
    char line[300];
    DWORD written;
    SYSTEMTIME now;
    HANDLE file = CreateFileW(L"C:\\standin\\log.txt", FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_ALWAYS, 0, NULL);

    GetSystemTime(&now);
    WriteFile(file, line,
              (DWORD)snprintf(line, sizeof line, "%04u-%02u-%02uT%02u:%02u:%02uZ %s %s\r\n", now.wYear, now.wMonth, now.wDay,
                              now.wHour, now.wMinute, now.wSecond, VMS_VERSION, text),
              &written, NULL);
    CloseHandle(file);
}

/** The value of a line of the settings; NULL if there is none. */
static const char *value(const char *name)
{
    const char *line = settings;
    size_t length = strlen(name);

    for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (!strncmp(line, name, length) && line[length] == '=') return line + length + 1;
    return NULL;
}

static int number(const char *name, int otherwise) { return value(name) ? atoi(value(name)) : otherwise; }

static BOOL is_saved_by_us(void)
{
    const char *saved = value("saved-by");
    size_t length = strlen(VMS_VERSION);

    return saved && !strncmp(saved, VMS_VERSION, length) && strchr("\r\n", saved[length]);
}

/** Everything but what is this version's own stays as it was. */
static void convert(void)
{
    static char converted[LARGEST];
    const char *line = settings;

    snprintf(converted, LARGEST, "format=%d\r\nsaved-by=%s\r\n", VMS_FORMAT, VMS_VERSION);
    while (*line) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (strncmp(line, "format=", 7) && strncmp(line, "saved-by=", 9)) strncat(converted, line, length);
        line += length;
    }
    strcpy(settings, converted);
}

/** @returns 0, or why the service cannot start. */
static DWORD take_settings(void)
{
    DWORD length;

    held = CreateFileW(FOLDER L"settings.ini", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, 0, NULL);
    if (held == INVALID_HANDLE_VALUE) return GetLastError();
    if (!ReadFile(held, settings, LARGEST - 100, &length, NULL)) return GetLastError();
    settings[length] = 0;
    if (length > 0 && !value("port")) return DAMAGED;
    if (number("format", 0) > VMS_FORMAT) return NEWER_FORMAT;
    if (is_saved_by_us()) return 0;
    convert();
    SetFilePointer(held, 0, NULL, FILE_BEGIN);
    SetEndOfFile(held);
    WriteFile(held, settings, (DWORD)strlen(settings), &length, NULL);
    note("settings converted");
    return 0;
}

static DWORD start_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((u_short)number("port", 8080))};
    WSADATA data;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (WSAStartup(MAKEWORD(2, 2), &data)) return ERROR_GEN_FAILURE;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return (DWORD)WSAGetLastError();
    return 0;
}

static void answer(SOCKET client)
{
    static char request[4096], body[LARGEST];
    char head[200];
    DWORD patience = 2000;
    int got, length = 0, channel, channels = number("channels", 4);

    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, (char *)&patience, sizeof patience);
    while (length < (int)sizeof request - 1 && (got = recv(client, request + length, sizeof request - 1 - length, 0)) > 0) {
        length += got;
        request[length] = 0;
        if (strstr(request, "\r\n\r\n")) break;
    }
    if (!strncmp(request, "GET /configex", 13)) {
        length = snprintf(body, LARGEST, "{\"ServerVersion\":\"%s\",\"Channels\":[", VMS_VERSION);
        for (channel = 1; channel <= channels; channel++)
            length += snprintf(body + length, LARGEST - length, "%s{\"Id\":\"channel-%d\",\"Name\":\"Camera %d\",\"IsDisabled\":false}",
                               channel > 1 ? "," : "", channel, channel);
    } else if (!strncmp(request, "GET /command?type=getchannelsstates", 35)) {
        length = snprintf(body, LARGEST, "{\"ChannelsStates\":[");
        for (channel = 1; channel <= channels; channel++)
            length += snprintf(body + length, LARGEST - length, "%s{\"Id\":\"channel-%d\",\"State\":\"Active\"}",
                               channel > 1 ? "," : "", channel);
    } else {
        static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        send(client, missing, sizeof missing - 1, 0);
        closesocket(client);
        return;
    }
    length += snprintf(body + length, LARGEST - length, "]}");
    got = snprintf(head, sizeof head,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n", length);
    send(client, head, got, 0);
    send(client, body, length, 0);
    shutdown(client, SD_SEND);
    closesocket(client);
}

static DWORD WINAPI control(DWORD code, DWORD type, void *data, void *context)
{
    (void)type, (void)data, (void)context;
    if (code == SERVICE_CONTROL_INTERROGATE) return NO_ERROR;
    if (code != SERVICE_CONTROL_STOP && code != SERVICE_CONTROL_SHUTDOWN) return ERROR_CALL_NOT_IMPLEMENTED;
    report(SERVICE_STOP_PENDING, 0);
    SetEvent(stopping);
    closesocket(listener);
    return NO_ERROR;
}

static BOOL is_broken(void)
{
    WCHAR path[MAX_PATH];

    GetModuleFileNameW(NULL, path, MAX_PATH);
    wcscpy(wcsrchr(path, L'\\') + 1, L"broken");
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static void WINAPI service_main(DWORD count, WCHAR **words)
{
    char why[60];
    DWORD error;

    (void)count, (void)words;
    stopping = CreateEventW(NULL, TRUE, FALSE, NULL);
    handle = RegisterServiceCtrlHandlerExW(L"EocortexServer", control, NULL);
    report(SERVICE_START_PENDING, 0);
    CreateDirectoryW(FOLDER, NULL);
    CreateDirectoryW(L"C:\\standin", NULL);
    error = is_broken() ? ERROR_SERVICE_SPECIFIC_ERROR : take_settings();
    if (!error) error = start_listening();
    if (error) {
        snprintf(why, sizeof why, "cannot start: error %lu", error);
        note(why);
        report(SERVICE_STOPPED, error);
        return;
    }
    note("started");
    report(SERVICE_RUNNING, 0);
    while (WaitForSingleObject(stopping, 0) != WAIT_OBJECT_0) {
        SOCKET client = accept(listener, NULL, NULL);
        if (client != INVALID_SOCKET) answer(client);
    }
    CloseHandle(held);
    note("stopped");
    report(SERVICE_STOPPED, 0);
}

int wmain(void)
{
    SERVICE_TABLE_ENTRYW table[] = {{(WCHAR *)L"EocortexServer", service_main}, {NULL, NULL}};

    return StartServiceCtrlDispatcherW(table) ? 0 : (int)GetLastError();
}
