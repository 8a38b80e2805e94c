/* What the stand-ins share: text to the console or a pipe, in the code page of the console as real ones do. */
#ifndef SAY_H
#define SAY_H
#include <stdlib.h>
#include <windows.h>

/** Standard output and error take only bytes: wide characters become those of the console's code page. */
static void say(DWORD stream, const WCHAR *text)
{
    UINT page = GetConsoleOutputCP() ? GetConsoleOutputCP() : GetOEMCP();
    int length = WideCharToMultiByte(page, 0, text, -1, NULL, 0, NULL, NULL);
    char *bytes = malloc(length > 0 ? length : 1);
    DWORD written;

    if (length > 1 && WideCharToMultiByte(page, 0, text, -1, bytes, length, NULL, NULL))
        WriteFile(GetStdHandle(stream), bytes, length - 1, &written, NULL);
    free(bytes);
}

__attribute__((unused)) static void out(const WCHAR *text) { say(STD_OUTPUT_HANDLE, text); }
__attribute__((unused)) static void err(const WCHAR *text) { say(STD_ERROR_HANDLE, text); }

/** Whether the session's person is no administrator: the machine says so in the environment of the session. */
__attribute__((unused)) static BOOL is_plain_user(void)
{
    return GetEnvironmentVariableW(L"LAB_RIGHTS", NULL, 0) > 0;
}

#endif
