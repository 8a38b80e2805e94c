/* Runs one command line and notes how it ended: this computer's own exit codes have 8 bits, those of Windows 32.
 *
 * LAB_COMMAND  the command line
 * LAB_EXIT     file that takes the exit code
 * LAB_CODE_PAGE  the OEM code page of its console
 *
 * Whatever the command starts is in a job object that ends with this process, as the sessions of OpenSSH for Windows do. */
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#define COMMAND_LENGTH 32768

static WCHAR command[COMMAND_LENGTH], exit_file[MAX_PATH];

static void note(DWORD code)
{
    char text[16];
    DWORD written;
    HANDLE file = CreateFileW(exit_file, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);

    if (file == INVALID_HANDLE_VALUE) return;
    WriteFile(file, text, (DWORD)sprintf(text, "%lu", code), &written, NULL);
    CloseHandle(file);
}

int wmain(void)
{
    STARTUPINFOW start = {0};
    PROCESS_INFORMATION process;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    HANDLE input, output, error;
    char page[16] = "437";
    DWORD code = 1;

    if (!GetEnvironmentVariableW(L"LAB_COMMAND", command, COMMAND_LENGTH)) return 1;
    if (!GetEnvironmentVariableW(L"LAB_EXIT", exit_file, MAX_PATH)) return 1;
    /* The command sees an environment of a plain session. */
    SetEnvironmentVariableW(L"LAB_COMMAND", NULL);
    SetEnvironmentVariableW(L"LAB_EXIT", NULL);

    GetEnvironmentVariableA("LAB_CODE_PAGE", page, sizeof page);
    SetEnvironmentVariableW(L"LAB_CODE_PAGE", NULL);
    /* A console that nobody sees, as sshd gives its commands: without one there is no code page. */
    input = GetStdHandle(STD_INPUT_HANDLE);
    output = GetStdHandle(STD_OUTPUT_HANDLE);
    error = GetStdHandle(STD_ERROR_HANDLE);
    FreeConsole();
    AllocConsole();
    SetConsoleCP(atoi(page));
    SetConsoleOutputCP(atoi(page));

    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
    start.cb = sizeof start;
    start.dwFlags = STARTF_USESTDHANDLES;
    start.hStdInput = input;
    start.hStdOutput = output;
    start.hStdError = error;
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &process)) {
        code = GetLastError();
        fprintf(stderr, "The command could not be started (error %lu).\n", code);
        note(code);
        return 1;
    }
    AssignProcessToJobObject(job, process.hProcess);
    ResumeThread(process.hThread);
    WaitForSingleObject(process.hProcess, INFINITE);
    GetExitCodeProcess(process.hProcess, &code);
    note(code);
    return (int)code;
}
