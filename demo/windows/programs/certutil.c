/* certutil.exe -hashfile FILE [ALGORITHM]: really hashes, and says it as Windows Server 2016 and later do. */
#include <stdio.h>
#include <wchar.h>
#include "say.h"
#include <bcrypt.h>

static int fail(const WCHAR *words, DWORD code)
{
    WCHAR text[200];

    swprintf(text, 200, L"CertUtil: -hashfile command FAILED: 0x%08lx (%ls)\r\nCertUtil: %ls\r\n", code, words, words);
    out(text);
    return (int)code;
}

static int fail_with(DWORD error)
{
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
        return fail(L"The system cannot find the file specified.", HRESULT_FROM_WIN32(error));
    case ERROR_PATH_NOT_FOUND:
        return fail(L"The system cannot find the path specified.", HRESULT_FROM_WIN32(error));
    case ERROR_SHARING_VIOLATION:
        return fail(L"The process cannot access the file because it is being used by another process.",
                    HRESULT_FROM_WIN32(error));
    case ERROR_ACCESS_DENIED:
        return fail(L"Access is denied.", HRESULT_FROM_WIN32(error));
    default:
        return fail(L"The file cannot be read.", HRESULT_FROM_WIN32(error));
    }
}

static int hash_file(const WCHAR *path, const WCHAR *algorithm)
{
    static UCHAR block[1 << 20];
    UCHAR digest[64];
    WCHAR text[400];
    BCRYPT_ALG_HANDLE provider;
    BCRYPT_HASH_HANDLE hash;
    HANDLE file;
    ULONG size, used;
    DWORD got, i;

    if (BCryptOpenAlgorithmProvider(&provider, algorithm, NULL, 0))
        return fail(L"Invalid algorithm specified.", 0x80090008);
    BCryptGetProperty(provider, BCRYPT_HASH_LENGTH, (UCHAR *)&size, sizeof size, &used, 0);
    BCryptCreateHash(provider, &hash, NULL, 0, NULL, 0, 0);
    file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return fail_with(GetLastError());
    if (GetFileSize(file, &used) == 0 && used == 0)
        return fail(L"The volume for a file has been externally altered so that the opened file is no longer valid.",
                    0x800703ee);
    for (;;) {
        if (!ReadFile(file, block, sizeof block, &got, NULL)) return fail_with(GetLastError());
        if (got == 0) break;
        BCryptHashData(hash, block, got, 0);
    }
    BCryptFinishHash(hash, digest, size, 0);
    swprintf(text, 400, L"%ls hash of %.300ls:\r\n", algorithm, path);
    out(text);
    for (i = 0; i < size; i++) swprintf(text + 2 * i, 3, L"%02x", digest[i]);
    out(text);
    out(L"\r\nCertUtil: -hashfile command completed successfully.\r\n");
    return 0;
}

int wmain(int count, WCHAR **words)
{
    if (count < 3 || (_wcsicmp(words[1], L"-hashfile") && _wcsicmp(words[1], L"/hashfile"))) {
        err(L"certutil: this stand-in answers only -hashfile.\r\n");
        return 1;
    }
    return hash_file(words[2], count > 3 ? _wcsupr(words[3]) : L"SHA1");
}
