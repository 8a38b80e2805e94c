/* ProductVersion (or another text) of a program's version resource; FALSE if there is none. */
#ifndef VERSION_H
#define VERSION_H
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

static BOOL version_text(const WCHAR *file, const WCHAR *name, WCHAR *text, size_t length)
{
    struct {
        WORD language, page;
    } *translation;
    WCHAR query[80], *value;
    DWORD unused, size = GetFileVersionInfoSizeW(file, &unused);
    BYTE *info = size ? malloc(size) : NULL;
    UINT count;
    BOOL found = FALSE;

    if (info && GetFileVersionInfoW(file, 0, size, info) &&
        VerQueryValueW(info, L"\\VarFileInfo\\Translation", (void **)&translation, &count) && count >= sizeof *translation) {
        swprintf(query, 80, L"\\StringFileInfo\\%04x%04x\\%ls", translation->language, translation->page, name);
        if (VerQueryValueW(info, query, (void **)&value, &count)) {
            swprintf(text, length, L"%ls", value);
            found = TRUE;
        }
    }
    free(info);
    return found;
}

#endif
