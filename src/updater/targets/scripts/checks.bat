rem The steps that look at what has become of it. Stands behind steps.bat, in the same file on a server.

rem VERSION: what the server itself says is installed.
:step_check-version
set "wanted=!a1!"
call :find_version
if "!installed!"=="!wanted!" exit /b 0
if not defined installed set "installed=nothing"
set "why=the server says that !installed! is installed, not !wanted!"
exit /b 0

rem Version of the program whose name begins with `set_program`, into `installed`; where several answer, the one that is `wanted`
rem counts. Zeros at the end say nothing: 4.3.1.0 is 4.3.1.
:find_version
set "installed="
set "root=HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall"
call :find_below
set "root=HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall"
call :find_below
if defined installed exit /b 0
rem Where the registry does not say it, the executable does.
if not defined set_executable exit /b 0
if not exist "!set_executable!" exit /b 0
set "VF_FILE=!set_executable!"
powershell -NoLogo -NoProfile -NonInteractive -Command "(Get-Item -LiteralPath $env:VF_FILE).VersionInfo.ProductVersion" >version.out 2>nul <nul
for /f "usebackq" %%v in ("version.out") do if not defined installed set "installed=%%v"
call :plain_version
exit /b 0

:find_below
set "key="
reg query "!root!" /s /v DisplayName >programs.out 2>nul <nul
for /f "usebackq tokens=1,2*" %%a in ("programs.out") do (
  set "k1=%%a"
  set "k2=%%b"
  set "shown=%%c"
  call :program_line
)
exit /b 0

rem The line of a key, which may hold spaces; or "DisplayName REG_SZ NAME".
:program_line
if "%k1:~0,4%"=="HKEY" goto :program_key
if not "!k1!"=="DisplayName" exit /b 0
if not defined shown exit /b 0
if not defined key exit /b 0
rem `call` reads the name once more: no quote of it may end ours.
set "shown=%shown:"=%"
if not defined shown exit /b 0
call set "head=%%shown:~0,!set_program-length!%%"
if /i not "!head!"=="!set_program!" exit /b 0
if defined installed if "!installed!"=="!wanted!" exit /b 0
reg query "!key!" /v DisplayVersion >version.out 2>nul <nul
for /f "usebackq tokens=1,2*" %%x in ("version.out") do if "%%x"=="DisplayVersion" set "installed=%%z"
call :plain_version
exit /b 0
:program_key
set "key=!k1!"
if defined k2 set "key=!k1! !k2!"
if defined shown set "key=!k1! !k2! !shown!"
exit /b 0

:plain_version
if not defined installed exit /b 0
if not "%installed:~-2%"==".0" exit /b 0
set "installed=%installed:~0,-2%"
goto :plain_version

rem SETTLE TIMEOUT: up, and still the same process after a while.
:step_check-service
set "left=!a2!"
:steady
call :service_state
if not "!runs!"=="RUNNING" goto :unsteady
set "first=!pid!"
set "settle=!a1!"
:steady_wait
if !settle! leq 0 exit /b 0
call :nap
set /a "left-=1"
set /a "settle-=1"
call :service_state
if not "!runs!"=="RUNNING" goto :unsteady
if "!pid!"=="!first!" goto :steady_wait
:unsteady
call :nap
set /a "left-=1"
if !left! gtr 0 goto :steady
set "why=the service is not steadily up after !a2! seconds"
exit /b 0

rem PORT TIMEOUT
:step_check-port
set "left=!a2!"
:listen_wait
set "listens="
netstat -an >ports.out 2>nul <nul
for /f "usebackq tokens=1-3" %%a in ("ports.out") do (
  set "k2=%%b"
  set "k3=%%c"
  call :port_line
)
if defined listens exit /b 0
call :nap
set /a "left-=1"
if !left! gtr 0 goto :listen_wait
set "why=nothing listens on port !a1! after !a2! seconds"
exit /b 0

rem What listens has no other end: 0.0.0.0:0, or [::]:0.
:port_line
if not defined k3 exit /b 0
set "other="
for %%f in (0.0.0.0:0 [::]:0) do if "!k3!"=="%%f" set "other=1"
if not defined other exit /b 0
for %%h in ([::] [::1]) do if "!k2!"=="%%h:!a1!" set "listens=1"
for /f "tokens=2 delims=:" %%p in ("%k2%") do if "%%p"=="!a1!" set "listens=1"
exit /b 0

rem TIMEOUT LINE
:step_check-command
set "patience=!a1!"
:healthy
set "line=!a2!"
set "left=30"
call :limited
if "!code!"=="0" exit /b 0
ping -n 6 127.0.0.1 >nul
set /a "patience-=5"
if !patience! gtr 0 goto :healthy
set "why=the health check still fails after !a1! seconds"
exit /b 0
