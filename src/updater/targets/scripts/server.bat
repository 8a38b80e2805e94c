@echo off
rem What a workstation asks of a Windows server, said in cmd.exe's batch language, which every Windows has. Lies in a folder
rem of its own below the login user's temporary folder. Beside it lies what is asked for: `asks-NAME` has questions, a line
rem each, words parted by tabs; a word that is not plain stands in a file of its own (@...), and @state is the state folder.
rem Such words are data: read by `set /p`, used as !word! and never parsed as a command.
rem
rem   server.bat facts NAME       answers everything in one go, the questions of asks-NAME too
rem   server.bat version NAME     the version of the program in asks-NAME, by its executable's own resource
rem   server.bat health NAME      what listens, and how the command in asks-NAME ends; it has half a minute
rem   server.bat pulse JOB        the boot time, and whether a job has ended
rem   server.bat clock            seconds since 1970 by its clock
rem   server.bat prepare          makes the state folder
rem   server.bat begin SHA256     what lies there of a package, and the room that is left
rem   server.bat prove SHA256     hashes each file that lies there of a package
rem   server.bat job VERB JOB     hands over to the job's own runner
rem
rem Answers stand behind lines that begin with @@; what a login shell prints before the first of them is none.
setlocal DisableDelayedExpansion
cd /d "%~dp0"
setlocal EnableExtensions EnableDelayedExpansion
chcp 65001 >nul 2>nul
set "verb=%~1"
set "second=%~2"
set "third=%~3"
echo.
echo @@vms-fleet 1
set "state=@state"
call :word state
if not defined state exit /b 3
if "!verb!"=="facts" goto :facts
if "!verb!"=="version" goto :version
if "!verb!"=="health" goto :health
if "!verb!"=="child" goto :child
if "!verb!"=="pulse" goto :pulse
if "!verb!"=="clock" goto :clock
if "!verb!"=="prepare" goto :prepare
if "!verb!"=="begin" goto :begin
if "!verb!"=="prove" goto :prove
if "!verb!"=="job" goto :job
exit /b 2

:facts
call :code_page
echo @@windows
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v ProductName 2>nul
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion" /v CurrentBuildNumber 2>nul
echo @@ver
ver
echo @@computer %COMPUTERNAME%
echo @@arch %PROCESSOR_ARCHITECTURE% %PROCESSOR_ARCHITEW6432%
if exist "%SystemRoot%\SysWOW64\ntdll.dll" echo @@wow64
echo @@user
"%SystemRoot%\System32\whoami.exe"
"%SystemRoot%\System32\whoami.exe" /groups 2>nul
call :boot
echo @@dotnet
reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full" /v Release 2>nul
call :hotfixes
echo @@profiles
reg query "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList" /s /v ProfileImagePath 2>nul
echo @@free system
dir /-c /a "%SystemDrive%\" 2>nul
set "place=!state!"
call :free state
set "whole="
if exist "asks-!second!" for /f "usebackq tokens=1-4 delims=	" %%a in ("asks-%second%") do (
  set "ask=%%a"
  set "name=%%b"
  set "one=%%c"
  set "two=%%d"
  call :ask
)
if not defined whole echo @@stale asks-!second!
call :state
echo @@end
exit /b 0

rem What names of files are in where the console takes no UTF-8.
:code_page
echo @@codepage
reg query HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage /v OEMCP 2>nul
exit /b 0

:ask
if "!ask!"=="end" set "whole=1"
call :word one
call :word two
if "!ask!"=="service" goto :ask_service
if "!ask!"=="program" goto :ask_program
if "!ask!"=="size" goto :ask_size
if "!ask!"=="read" goto :ask_read
if "!ask!"=="free" (
  set "place=!one!"
  call :free !name!
)
exit /b 0

rem The word behind the question `ask` of asks-NAME, into `one`. The last line is `end`: without it something has cut the file.
:asked
set "one="
set "whole="
if exist "asks-!second!" for /f "usebackq tokens=1-3 delims=	" %%a in ("asks-%second%") do (
  set "k1=%%a"
  set "k3=%%c"
  call :asked_line
)
if not defined whole echo @@stale asks-!second!
call :word one
exit /b 0

:asked_line
if "!k1!"=="end" set "whole=1"
if "!k1!"=="!ask!" set "one=!k3!"
exit /b 0

rem Gives a variable the word that it refers to, where it refers to one. Where its file is gone or empty (somebody has cleaned
rem the temporary folder, or the disk was full), the workstation lays it down again.
:word
if not defined %1 exit /b 0
set "probe=!%1!"
if not "%probe:~0,1%"=="@" exit /b 0
set "%1="
if exist "!probe!" set /p "%1="<"!probe!"
if not defined %1 echo @@stale !probe!
exit /b 0

:ask_service
echo @@service
sc query "!one!" 2>nul
echo @@service-settings
reg query "HKLM\SYSTEM\CurrentControlSet\Services\!one!" /v ObjectName >account.txt 2>nul
type account.txt
set "account="
for /f "usebackq tokens=1,2*" %%a in ("account.txt") do if "%%a"=="ObjectName" set "account=%%c"
if not defined account exit /b 0
rem Who an account is, by its SID: a name in the folder of a profile says it less surely.
set "domain="
set "rest="
>account.txt echo !account!
for /f "usebackq tokens=1,2 delims=\" %%a in ("account.txt") do (
  set "domain=%%a"
  set "rest=%%b"
)
if not defined rest exit /b 0
if "!domain!"=="." exit /b 0
if /i "!domain!"=="NT AUTHORITY" exit /b 0
if /i "!domain!"=="NT SERVICE" exit /b 0
echo @@account-sid
set "VF_ACCOUNT=!account!"
powershell -NoLogo -NoProfile -NonInteractive -Command "(New-Object Security.Principal.NTAccount($env:VF_ACCOUNT)).Translate([Security.Principal.SecurityIdentifier]).Value" <nul 2>nul
exit /b 0

rem What is installed, by the list of programs in the registry; whether the executable is there.
:ask_program
echo @@uninstall
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall /s /v DisplayName 2>nul
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall /s /v DisplayVersion 2>nul
reg query HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall /s /v DisplayName 2>nul
reg query HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall /s /v DisplayVersion 2>nul
if exist "!one!" echo @@program-found
exit /b 0

:ask_size
echo @@size !name!
dir /s /-c /a-d "!one!" 2>nul
exit /b 0

:ask_read
if not exist "!one!" exit /b 0
echo @@read !name!
type "!one!" 2>nul
exit /b 0

rem Room where `place` is, or would be made.
:free
if exist "!place!\" goto :free_there
for /f "delims=" %%p in ("!place!\..") do set "above=%%~fp"
if "!above!"=="!place!" exit /b 0
set "place=!above!"
goto :free
:free_there
echo @@free %1
dir /-c /a "!place!" 2>nul
exit /b 0

:boot
echo @@boot
wmic os get LastBootUpTime /value <nul 2>nul
rem Its failures have negative numbers.
if "!errorlevel!"=="0" exit /b 0
powershell -NoLogo -NoProfile -NonInteractive -Command "[long]((Get-CimInstance Win32_OperatingSystem).LastBootUpTime.ToUniversalTime() - [datetime]'1970-01-01').TotalSeconds" <nul 2>nul
exit /b 0

rem Only servers without a new enough .NET are asked for their updates: that takes seconds.
:hotfixes
set "release=0"
for /f "tokens=1,2*" %%a in ('reg query "HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full" /v Release 2^>nul') do if "%%a"=="Release" set /a "release=%%c"
if !release! geq 528040 exit /b 0
echo @@hotfixes
wmic qfe get HotFixID <nul 2>nul
reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages" /k /f Package_for_KB >cbs.txt 2>nul
if errorlevel 1 reg query "HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages" >cbs.txt 2>nul
type cbs.txt
del cbs.txt >nul 2>nul
exit /b 0

rem Packages, history, and the job that works here or worked here last.
:state
echo @@state
if not exist "!state!\" exit /b 0
if not exist "!state!\packages\" exit /b 0
pushd "!state!\packages"
rem File names are data, and a ! in one is no variable.
setlocal DisableDelayedExpansion
for /d %%s in (*) do (
  set "sha=%%s"
  call :package
)
endlocal
cd ..\history
for %%f in (0*) do (
  echo @@history %%~nxf
  type "%%f"
)
cd ..
set "job="
if exist lock for /f "usebackq tokens=1,2 delims=:" %%a in ("lock") do if "%%a"=="job" set "job=%%b"
if defined job if not exist "jobs\!job!\plan" set "job="
rem The names of jobs do not tell which was the last.
if not defined job if exist last for /f "usebackq tokens=1,2 delims=:" %%a in ("last") do if "%%a"=="job" set "job=%%b"
if defined job if not exist "jobs\!job!\plan" set "job="
if not defined job exit /b 0
echo @@job !job!
cd "jobs\!job!"
type about
call job.bat look
exit /b 0

:package
cd "%sha%"
for %%f in (*) do echo @@package	%sha%	%%~zf	%%~nxf
cd ..
exit /b 0

:version
set "ask=program"
call :asked
set "VF_FILE=!one!"
echo @@version
powershell -NoLogo -NoProfile -NonInteractive -Command "(Get-Item -LiteralPath $env:VF_FILE).VersionInfo.ProductVersion" <nul 2>nul
echo @@end
exit /b 0

:health
set "ask=command"
call :asked
echo @@listening
netstat -an <nul 2>nul
if not defined one goto :health_end
set "code="
set "child=child-%random%%random%"
set "left=30"
start "" /b cmd /d /c server.bat child !child! <nul >nul 2>nul
:health_wait
if exist "!child!.exit.*" goto :health_ended
ping -n 2 127.0.0.1 >nul
set /a "left-=1"
if !left! gtr 0 goto :health_wait
echo @@late
goto :health_end
:health_ended
for %%f in (%child%.exit.*) do set "code=%%~xf"
del "!child!.exit.*" >nul 2>nul
echo @@code %code:~1%
:health_end
echo @@end
exit /b 0

rem Runs `one` for the health check above, and leaves its exit code in the name of an empty file.
:child
start "" /b /wait !one! <nul >nul 2>nul
type nul >"!second!.exit.!errorlevel!"
exit

:pulse
call :boot
if exist "!state!\jobs\!second!\exit" echo @@ended
rem A mark that no restart survives, and no clock can be wrong about: while it is there, the machine has not gone down.
if not exist "!state!\jobs\!second!\marked" goto :pulse_end
set "mark="
for /f "tokens=1,2*" %%a in ('reg query HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob 2^>nul') do if "%%a"=="VmsFleetJob" set "mark=%%c"
if "!mark!"=="!second!" echo @@still-up
:pulse_end
echo @@end
exit /b 0

:clock
echo @@clock
powershell -NoLogo -NoProfile -NonInteractive -Command "[long]([datetime]::UtcNow - [datetime]'1970-01-01').TotalSeconds" <nul 2>nul
exit /b 0

:begin
set "place=!state!\packages\!second!"
if not exist "!place!\" md "!place!" 2>nul
if not exist "!place!\" (
  echo @@refused !place!
  exit /b 1
)
call :free state
echo @@end
exit /b 0

:prove
call :code_page
pushd "!state!\packages\!second!"
rem The part; where a colleague has brought it to its end meanwhile, what it has become. Each tells its name, as the colleague
rem may have another for it. A ! in a name is no variable.
setlocal DisableDelayedExpansion
for %%f in (*) do (
  echo @@hash	%%f
  certutil -hashfile "%%f" SHA256 <nul
)
echo @@end
exit /b 0

:job
if not exist "!state!\jobs\!third!\job.bat" (
  echo @@no-job
  exit /b 1
)
cd /d "!state!\jobs\!third!"
call job.bat !second!
exit /b 0
