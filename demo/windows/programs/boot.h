/* When this Windows booted, from its kernel: 100 ns since 1601, UTC. */
#ifndef BOOT_H
#define BOOT_H
#include <windows.h>
#include <winternl.h>

static ULONGLONG boot_time(void)
{
    struct {
        LARGE_INTEGER boot, current, bias;
        ULONG zone, reserved;
    } times = {0};

    NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)3, &times, sizeof times, NULL); /* SystemTimeOfDayInformation */
    return (ULONGLONG)times.boot.QuadPart;
}

#endif
