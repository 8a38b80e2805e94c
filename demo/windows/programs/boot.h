/* The clock of this Windows, and when it booted by that clock: 100 ns since 1601, UTC. */
#ifndef BOOT_H
#define BOOT_H
#include <windows.h>
#include <winternl.h>

/* The kernel's clock is everybody's here; HKLM\Software\Lab says by how many seconds this machine's was set apart from it. As on Windows,
 * whoever sets the clock moves the time of the last boot with it. */
static ULONGLONG by_clock(ULONGLONG time)
{
    WCHAR text[32];
    DWORD size = sizeof text;

    if (RegGetValueW(HKEY_LOCAL_MACHINE, L"Software\\Lab", L"ClockOffset", RRF_RT_REG_SZ, NULL, text, &size)) return time;
    return time + (ULONGLONG)(_wtoi64(text) * 10000000);
}

static ULONGLONG boot_time(void)
{
    struct {
        LARGE_INTEGER boot, current, bias;
        ULONG zone, reserved;
    } times = {0};

    NtQuerySystemInformation((SYSTEM_INFORMATION_CLASS)3, &times, sizeof times, NULL); /* SystemTimeOfDayInformation */
    return by_clock((ULONGLONG)times.boot.QuadPart);
}

#endif
