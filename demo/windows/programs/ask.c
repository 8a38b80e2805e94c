/* Stands as schtasks.exe and shutdown.exe: what they decide is for the machine itself, which is the front around this Windows.
 * A request is a file in C:\Windows\lab\requests: the program's name, its folder, its words, a line each (UTF-8). The reply is the exit
 * code on a line of its own, then the text. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "say.h"

#define FOLDER L"C:\\windows\\lab\\requests\\"

static BOOL put(HANDLE file, const WCHAR *text)
{
    int length = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = malloc(length);
    DWORD written;
    BOOL done;

    WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, length, NULL, NULL);
    bytes[length - 1] = '\n';
    done = WriteFile(file, bytes, length, &written, NULL);
    free(bytes);
    return done;
}

static BOOL ask(const WCHAR *request, const WCHAR *part, int count, WCHAR **words)
{
    WCHAR name[MAX_PATH], folder[MAX_PATH];
    HANDLE file = CreateFileW(part, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    BOOL done;
    int i;

    if (file == INVALID_HANDLE_VALUE) return FALSE;
    GetModuleFileNameW(NULL, name, MAX_PATH);
    GetCurrentDirectoryW(MAX_PATH, folder);
    done = put(file, wcsrchr(name, L'\\') + 1) && put(file, folder);
    for (i = 1; done && i < count; i++) done = put(file, words[i]);
    CloseHandle(file);
    if (!done) return FALSE;
    /* The machine may take it away while wine still looks at what it has moved, and wine then says that it failed. */
    return MoveFileW(part, request) || GetFileAttributesW(part) == INVALID_FILE_ATTRIBUTES;
}

static char *reply(const WCHAR *path)
{
    HANDLE file = INVALID_HANDLE_VALUE;
    DWORD size, got;
    char *text;
    int tries;

    for (tries = 0; tries < 3000 && file == INVALID_HANDLE_VALUE; tries++) {
        file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
        if (file == INVALID_HANDLE_VALUE) Sleep(10);
    }
    if (file == INVALID_HANDLE_VALUE) return NULL;
    size = GetFileSize(file, NULL);
    text = calloc(size + 1, 1);
    ReadFile(file, text, size, &got, NULL);
    CloseHandle(file);
    DeleteFileW(path);
    return text;
}

int wmain(int count, WCHAR **words)
{
    WCHAR request[MAX_PATH], part[MAX_PATH], answer[MAX_PATH], *wide;
    char *text, *rest;
    int length, code;

    swprintf(request, MAX_PATH, FOLDER L"%lu-%lu", GetCurrentProcessId(), GetTickCount());
    swprintf(part, MAX_PATH, L"%ls.part", request);
    swprintf(answer, MAX_PATH, L"%ls.reply", request);
    wcscat(request, L".request");
    if (!ask(request, part, count, words) || !(text = reply(answer))) {
        err(L"ERROR: The machine does not answer.\r\n");
        return 1;
    }
    code = (int)strtoul(text, &rest, 10);
    if (*rest == '\n') rest++;
    /* The reply ends with a line feed of its own. */
    if (*rest) rest[strlen(rest) - 1] = 0;
    length = MultiByteToWideChar(CP_UTF8, 0, rest, -1, NULL, 0);
    wide = malloc(length * sizeof *wide);
    MultiByteToWideChar(CP_UTF8, 0, rest, -1, wide, length);
    if (code) err(wide);
    else out(wide);
    return code;
}
