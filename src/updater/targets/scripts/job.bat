@echo off
rem The runner of a job on Windows: reads `plan`, does its steps one after the other, and writes a line into `journal` before
rem and after each. Lies in the job's folder, <state>\jobs\<id>, and works there, so most of its paths are short and its own.
rem Words of the plan that are not plain stand in files of their own (words\@1, ...), are read by `set /p` and used as !word!:
rem nothing of the plan is ever parsed as a command. Every step may be run again: a job goes on from where its journal ends.
rem
rem   job.bat start     takes the server's lock and has the job run by a scheduled task, which outlives this session and boots
rem   job.bat run       runs it here; what that task does, now and at each boot until the job has ended
rem   job.bat look      prints the journal, and how the job stands
rem   job.bat cancel    asks it to stop before the next step; has it ended with its undo steps if nobody runs it
rem
rem Plan lines, words parted by tabs: set KEY WORD | step N NAME WORD... | undo N NAME WORD... (N: the step it takes back;
rem newest first, down to the last commit). Journal: 0 begin|end|fail|undo|note N STEP TEXT. Exit: done|failed|cancelled STEP
rem TEXT, written last.
setlocal DisableDelayedExpansion
cd /d "%~dp0"
set "here=%cd%"
setlocal EnableExtensions EnableDelayedExpansion
chcp 65001 >nul 2>nul
for %%i in (.) do set "job=%%~nxi"
set "task=vms-fleet-!job!"
set "state=..\.."
if "%~1"=="start" goto :start
if "%~1"=="run" goto :run
if "%~1"=="look" goto :look
if "%~1"=="cancel" goto :cancel
if "%~1"=="child" goto :child
exit /b 2

rem ---- what a workstation asks for

:start
echo.
if exist exit (
  echo @@ended
  exit /b 0
)
call :take_lock
if defined holder (
  echo @@busy !holder!
  rem A job that never ran leaves nothing behind.
  if not exist journal del plan >nul 2>nul
  exit /b 75
)
call :look_alive
if defined alive (
  echo @@running
  exit /b 0
)
schtasks /create /tn "!task!" /xml task.xml /f >start.out 2>&1 <nul
if errorlevel 1 goto :not_started
schtasks /run /tn "!task!" >start.out 2>&1 <nul
if errorlevel 1 goto :not_started
rem Started means that its runner has been seen.
for /l %%s in (1,1,20) do if not defined seen (
  if exist running set "seen=1"
  if exist exit set "seen=1"
  if not defined seen ping -n 2 127.0.0.1 >nul
)
if defined seen (
  echo @@started
  exit /b 0
)
>start.out echo the task was started, and its runner did not show within 20 seconds
:not_started
call :drop_lock
echo @@refused
type start.out
exit /b 1

:cancel
if exist exit goto :look
type nul >cancel
call :look_alive
if not defined alive goto :start
echo.
echo @@running
exit /b 0

:look
call :look_alive
echo.
echo @@alive !alive!
echo @@journal
if exist journal type journal
if exist exit (
  echo @@exit
  type exit
)
echo @@looked
exit /b 0

rem The runner holds a file open, and what is held cannot be deleted; a machine that went down holds nothing.
:look_alive
set "alive="
if not exist running exit /b 0
del running >nul 2>nul
if exist running set "alive=yes"
exit /b 0

rem ---- who works here

rem The lock is a file whose text names the job. It gets its name in one go, and only where there is none.
:take_lock
set "holder="
call :read_lock
set "holder="
if not exist "!state!\lock" exit /b 0
for /f "usebackq tokens=1,2 delims=:" %%a in ("..\..\lock") do if "%%a"=="job" set "holder=%%b"
exit /b 0

:drop_lock
call :read_lock
if "!holder!"=="!job!" del "!state!\lock" >nul 2>nul
exit /b 0

rem ---- the run

:run
if exist exit exit /b 0
rem Fails where another runner holds it: then this one has nothing to do.
call :hold >running
if not exist exit exit /b 1
del running >nul 2>nul
exit /b 0

:hold
set "n=0"
set "done=0"
set "committed=0"
set "ended="
set "late="
set "failed="
for /f "usebackq tokens=1-3 delims=	" %%a in ("plan") do if "%%a"=="set" (
  set "word=%%c"
  call :word word
  set "set_%%b=!word!"
)
if exist journal for /f "usebackq tokens=1-5 delims=	" %%a in ("journal") do (
  if "%%b"=="end" set "done=%%c"
  if "%%b"=="begin" for %%s in (run restart restart-service) do if "%%d"=="%%s" set "late=1"
  if "%%b"=="fail" set "failed=%%c"& set "name=%%d"& set "why=%%e"
)
rem It was cut off while it took things back: what is half undone is not gone on with.
if defined failed (
  set "n=!failed!"
  set "result=failed"
  if "!why!"=="cancelled" set "result=cancelled"
  call :count_commits
  call :give_up
  exit /b 0
)
for /f "usebackq tokens=1-9 delims=	" %%a in ("plan") do if "%%a"=="step" if not defined ended (
  set "n=%%b"
  set "name=%%c"
  set "a1=%%d"
  set "a2=%%e"
  set "a3=%%f"
  set "a4=%%g"
  set "a5=%%h"
  set "a6=%%i"
  call :one
)
if not defined ended call :finish done - ""
exit /b 0

:one
if "!name!"=="commit" set "committed=!n!"
if !n! leq !done! exit /b 0
if exist cancel if not defined late (
  set "why=cancelled before this step; what was begun is taken back"
  call :note fail !n! !name! "cancelled"
  set "result=cancelled"
  set /a "n-=1"
  call :give_up
  exit /b 0
)
call :take_lock
if defined holder (
  set "why=job !holder! has taken the lock of this server"
  call :finish failed !name! "!why!"
  exit /b 0
)
rem Where the installer asked for no restart there is none, and none is told.
if "!name!"=="restart" if not "!a1!"=="always" if not exist restart-asked exit /b 0
if "!name!"=="restart" if "!a1!"=="never" (
  call :note note !n! restart "the installer asks for a restart of the machine, and this system allows none: part of the update may wait for the next one"
  exit /b 0
)
for %%s in (run restart restart-service) do if "!name!"=="%%s" set "late=1"
set "about="
rem Whoever watches learns from here which boot time must go.
if "!name!"=="restart" set "about=!set_boot-before!"
call :note begin !n! !name! "!about!"
call :do
if not defined why (
  call :note end !n! !name! ""
  exit /b 0
)
call :note fail !n! !name! "!why!"
set "result=failed"
call :give_up
exit /b 0

rem Does the step `name` with the words a1 to a6; `why` says afterwards what went wrong, or nothing.
:do
set "why="
for %%k in (1 2 3 4 5 6) do call :word a%%k
if defined why exit /b 0
set "known="
for %%s in (check-package check-space check-idle stop start restart-service backup seal check-backup restore run restart check-version check-service check-port check-command record unrecord commit) do if "!name!"=="%%s" set "known=1"
if not defined known (
  set "why=this runner knows no step !name!"
  exit /b 0
)
call :step_!name!
exit /b 0

rem Gives a variable the word that it refers to, where it refers to one.
:word
if not defined %1 exit /b 0
set "probe=!%1!"
if not "%probe:~0,1%"=="@" exit /b 0
if exist "words\!probe!" (set /p "%1="<"words\!probe!") else set "why=words\!probe! of its plan is missing"
exit /b 0

rem Takes back what was done since the last commit, newest first, and ends.
:give_up
set "whole=1"
set "failure=!why!"
set "where=!name!"
for /l %%n in (%n%,-1,1) do if %%n gtr !committed! (
  for /f "usebackq tokens=1-9 delims=	" %%a in ("plan") do if "%%a"=="undo" if "%%b"=="%%n" (
    set "name=%%c"
    set "a1=%%d"
    set "a2=%%e"
    set "a3=%%f"
    set "a4=%%g"
    set "a5=%%h"
    set "a6=%%i"
    call :undo_one
  )
)
if not defined whole set "failure=!failure!; and not all of it could be undone, see the job's log"
call :finish !result! !where! "!failure!"
exit /b 0

:undo_one
call :note undo 0 !name! ""
call :do
if not defined why exit /b 0
set "whole="
call :note note 0 !name! "could not be undone: !why!"
exit /b 0

rem Of the steps that the journal says are done, the last commit.
:count_commits
for /f "usebackq tokens=1-3 delims=	" %%a in ("plan") do if "%%a"=="step" if "%%c"=="commit" if %%b leq !done! set "committed=%%b"
exit /b 0

:note
set "text=%~4"
>>journal echo 0	%1	%2	%3	!text!
exit /b 0

:finish
set "ended=1"
set "text=%~3"
>exit.new echo %1	%2	!text!
move /y exit.new exit >nul
call :drop_lock
schtasks /delete /tn "!task!" /f >>log 2>&1 <nul
exit /b 0

rem ---- small things

rem Waits a second. (There is no better way that every Windows has.)
:nap
ping -n 2 127.0.0.1 >nul
exit /b 0

rem SHA-256 of the file `file`, into `hash`; empty where it could not be had.
:hash
set "hash="
pushd "!here!"
certutil -hashfile "!file!" SHA256 >hash.out 2>>log <nul
for /f "usebackq skip=1 delims=" %%h in ("hash.out") do if not defined hash set "hash=%%h"
popd
if not defined hash exit /b 0
rem Old ones part the bytes by spaces.
set "hash=%hash: =%"
exit /b 0

rem State of the service, into `runs`: one of RUNNING STOPPED START_PENDING STOP_PENDING PAUSED; the word is the same in every language.
:service_state
set "runs="
set "pid="
sc queryex "!set_service!" >service.out 2>&1 <nul
if errorlevel 1 sc query "!set_service!" >service.out 2>&1 <nul
for /f "usebackq tokens=1-3 delims=: " %%a in ("service.out") do (
  for %%s in (RUNNING STOPPED START_PENDING STOP_PENDING PAUSED) do if "%%c"=="%%s" set "runs=%%s"
  if "%%a"=="PID" set "pid=%%b"
)
exit /b 0

rem Starts `line` apart from this runner, and waits for its end at most `seconds`; `code` is its exit code, empty where it did not end.
:limited
if exist child.exit del child.exit
set "code="
start "" /b cmd /d /c job.bat child <nul >nul 2>nul
for /l %%s in (1,1,%seconds%) do if not exist child.exit ping -n 2 127.0.0.1 >nul
if exist child.exit for /f "usebackq" %%c in ("child.exit") do set "code=%%c"
exit /b 0

:child
start "" /b /wait !line! <nul >>child.log 2>&1
>child.new echo !errorlevel!
move /y child.new child.exit >nul
exit

rem A mark that no restart survives: values below HKLM\HARDWARE live in memory alone. No clock can be wrong about it.
:set_mark
reg add HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob /t REG_SZ /d "!job!" /f >>log 2>&1 <nul
reg query HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob >nul 2>nul
if errorlevel 1 (
  set "why=a restart could not be proven: HKLM\HARDWARE cannot be written"
  exit /b 0
)
type nul >marked
exit /b 0

:look_restarted
set "restarted="
if not exist marked exit /b 0
reg query HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob >nul 2>nul
if errorlevel 1 set "restarted=1"
exit /b 0

rem ---- steps. Each says in `why` what went wrong.

:step_check-package
set "file=!state!\packages\!a1!\!a2!"
if not exist "!file!" (
  set "why=package !a2! is not on this server"
  exit /b 0
)
call :hash
if /i not "!hash!"=="!a1!" set "why=package !a2! on this server is damaged: its SHA-256 is not !a1!"
exit /b 0

rem PATH MEGABYTES (10^6 bytes)
:step_check-space
for /f "delims=" %%d in ("!a1!") do set "drive=%%~dd"
dir /-c "!drive!\" >dir.out 2>nul
set "last="
for /f "usebackq delims=" %%l in ("dir.out") do set "last=%%l"
set "free="
for /f "tokens=1-8" %%a in ("!last!") do (
  set "k1=%%a"
  set "k2=%%b"
  set "k3=%%c"
  set "k4=%%d"
  set "k5=%%e"
  set "k6=%%f"
  set "k7=%%g"
  set "k8=%%h"
)
rem "12 directories, 345 bytes free", in whatever language: the last number is what is free.
for %%k in (1 2 3 4 5 6 7 8) do call :number %%k
if not defined free (
  set "why=the room on !drive! could not be read"
  exit /b 0
)
set "free=000000%free%"
set "free=%free:~0,-6%"
set "mb="
for /f "tokens=* delims=0" %%z in ("!free!") do set "mb=%%z"
if not defined mb set "mb=0"
if !mb! lss !a2! set "why=!mb! MB are free on !drive!, !a2! needed"
exit /b 0

:number
if not defined k%1 exit /b 0
for /f "delims=0123456789" %%x in ("!k%1!") do exit /b 0
set "free=!k%1!"
exit /b 0

rem No installer of somebody else is at work: Windows runs one at a time.
:step_check-idle
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress >nul 2>nul
if not errorlevel 1 set "why=another installation is in progress on this server"
exit /b 0

:step_stop
call :service_state
if "!runs!"=="STOPPED" exit /b 0
if not defined runs (
  set "why=there is no service !set_service!"
  exit /b 0
)
rem `net` stops what depends on it too, which `sc` refuses.
net stop "!set_service!" /y >>log 2>&1 <nul
call :service_state
if "!runs!"=="RUNNING" sc stop "!set_service!" >>log 2>&1 <nul
for /l %%s in (1,1,120) do if not "!runs!"=="STOPPED" (
  ping -n 2 127.0.0.1 >nul
  call :service_state
)
if not "!runs!"=="STOPPED" set "why=the service !set_service! did not stop within 2 minutes"
exit /b 0

:step_start
call :service_state
if "!runs!"=="RUNNING" exit /b 0
if not defined runs (
  set "why=there is no service !set_service!"
  exit /b 0
)
sc start "!set_service!" >>log 2>&1 <nul
call :service_state
set "idle=0"
rem One that fell back to standing still will not come up by being waited for.
for /l %%s in (1,1,120) do if not "!runs!"=="RUNNING" if !idle! lss 5 (
  if "!runs!"=="STOPPED" set /a "idle+=1"
  ping -n 2 127.0.0.1 >nul
  call :service_state
)
if not "!runs!"=="RUNNING" set "why=the service !set_service! did not start"
exit /b 0

:step_restart-service
call :step_stop
if not defined why call :step_start
exit /b 0

rem NAME SOURCE. The vendor forbids touching a server's files while it runs, reading included.
:step_backup
set "to=!state!\backups\!set_backup!\!a1!"
if exist "!to!.done" exit /b 0
call :service_state
if not "!runs!"=="STOPPED" (
  set "why=!a2! is not touched while the service runs"
  exit /b 0
)
if exist "!to!" rd /s /q "!to!" 2>nul
if exist "!to!" del /f /q "!to!" 2>nul
if not exist "!state!\backups\!set_backup!\" md "!state!\backups\!set_backup!"
if not exist "!a2!" (
  type nul >"!to!.absent"
  type nul >"!to!.done"
  exit /b 0
)
set "from=!a2!"
call :copy
if not defined why type nul >"!to!.done"
exit /b 0

rem Copies `from`, a folder or a file, to `to`; what is there and not in `from` goes.
:copy
if not exist "!from!\" (
  copy /y /b "!from!" "!to!" >>log 2>&1 <nul
  if not exist "!to!" set "why=!from! could not be copied"
  fc /b "!from!" "!to!" >nul 2>nul
  if errorlevel 1 set "why=!from! could not be copied"
  exit /b 0
)
robocopy "!from!" "!to!" /mir /copy:DAT /dcopy:DAT /xj /r:3 /w:1 /np /nfl /ndl /njh /njs >>log 2>&1 <nul
if not errorlevel 9009 (
  if errorlevel 8 set "why=!from! could not be copied whole, see the job's log"
  exit /b 0
)
rem A Windows without robocopy.
if exist "!to!\" rd /s /q "!to!" 2>nul
md "!to!" 2>nul
xcopy "!from!" "!to!" /e /i /h /k /q /y >>log 2>&1 <nul
if errorlevel 1 set "why=!from! could not be copied whole, see the job's log"
exit /b 0

rem NAME: writes down the SHA-256 of every file of this job's backup, once the service is up again.
:step_seal
set "kept=!state!\backups\!set_backup!\!a1!"
set "list=!kept!.sums"
call :sums
exit /b 0

rem SHA-256 and path of every file of `kept`, into a file. (Hidden files are kept too, and not in the list.)
:sums
type nul >sums.new
if not exist "!kept!" goto :sums_listed
for /f "delims=" %%p in ("!kept!") do set "file=%%~fp"
if not exist "!kept!\" call :sum
if not exist "!kept!\" goto :sums_listed
pushd "!kept!"
for /r %%f in (*) do (
  set "file=%%f"
  call :sum
)
popd
:sums_listed
copy /y sums.new "!list!" >nul
exit /b 0

:sum
call :hash
if not defined hash set "why=!file! could not be read"
>>"!here!\sums.new" echo !hash! !file!
exit /b 0

rem ENTRY NAME
:step_check-backup
set "kept=!state!\backups\!a1!\!a2!"
if not exist "!kept!.done" (
  set "why=the backup !a1!\!a2! is missing"
  exit /b 0
)
if exist "!kept!.absent" exit /b 0
if not exist "!kept!" (
  set "why=the backup !a1!\!a2! is missing"
  exit /b 0
)
rem A job that was cut off before its end has not sealed it.
if not exist "!kept!.sums" exit /b 0
set "list=now.sums"
call :sums
if defined why exit /b 0
fc "!kept!.sums" now.sums >nul 2>nul
if errorlevel 1 set "why=the backup !a1!\!a2! is damaged: its SHA-256 sums do not hold"
exit /b 0

rem ENTRY NAME TARGET: puts back what a backup holds.
:step_restore
call :service_state
if not "!runs!"=="STOPPED" (
  set "why=!a3! is not touched while the service runs"
  exit /b 0
)
set "kept=!state!\backups\!a1!\!a2!"
if exist "!kept!.absent" (
  if exist "!a3!\" rd /s /q "!a3!" 2>nul
  if exist "!a3!" del /f /q "!a3!" 2>nul
  if exist "!a3!" set "why=!a3! could not be removed"
  exit /b 0
)
set "from=!kept!"
set "to=!a3!"
call :copy
exit /b 0

rem SHA256 FILE exe|msi VERSION MINUTES ARGUMENTS: the installer. Its exit code proves nothing; check-version does.
:step_run
if exist run.exit goto :run_ended
call :step_check-package
if defined why exit /b 0
rem The machine went down under it: it may have been finished, or has to be run again, but not for ever.
if exist run.begun (
  set "installed="
  call :find_version
  if "!installed!"=="!a4!" (
    >run.exit echo 0
    goto :run_ended
  )
  if exist run.again (
    set "why=the machine went down twice while the installer ran"
    exit /b 0
  )
  type nul >run.again
)
call :set_mark
if defined why exit /b 0
type nul >run.begun
set "line="!state!\packages\!a1!\!a2!" !a6!"
if "!a3!"=="msi" set "line=msiexec /i "!state!\packages\!a1!\!a2!" !a6!"
set /a "seconds=a5*60"
call :limited
if not defined code goto :run_hangs
>run.exit echo !code!
:run_ended
for /f "usebackq" %%c in ("run.exit") do set "code=%%c"
if "!code!"=="0" exit /b 0
if "!code!"=="3010" (
  type nul >restart-asked
  exit /b 0
)
if "!code!"=="1641" (
  type nul >restart-asked
  type nul >restart-begun
  exit /b 0
)
set "why=the installer ended with exit code !code!"
exit /b 0

:run_hangs
taskkill /f /t /im "!a2!" >>log 2>&1 <nul
rem Windows has one msiexec installation at a time, so it is ours.
if "!a3!"=="msi" taskkill /f /im msiexec.exe >>log 2>&1 <nul
set "why=the installer had not ended after !a5! minutes and was stopped"
exit /b 0

rem always|if-asked|never. Another boot than when the mark was set is the proof that it happened.
:step_restart
call :look_restarted
if defined restarted exit /b 0
if not exist restart-begun (
  call :set_mark
  if defined why exit /b 0
  shutdown /r /t !set_delay! /d p:4:2 /c "!set_reason!" >restart.out 2>&1 <nul
  if errorlevel 1 (
    set "why=the restart was refused"
    for /f "usebackq delims=" %%l in ("restart.out") do set "why=the restart was refused: %%l"
    exit /b 0
  )
  type nul >restart-begun
)
rem The machine goes down under us. If it does not, that is a failure with a name.
set /a "left=!set_delay! + !set_going-down!"
for /l %%s in (1,1,%left%) do ping -n 2 127.0.0.1 >nul
shutdown /a >nul 2>nul
del restart-begun >nul 2>nul
set "why=a restart was asked for, and the machine is still up !left! seconds later"
exit /b 0

rem VERSION NAME PROGRAM: what the server itself says is installed.
:step_check-version
set "wanted=!a1!"
set "installed="
set "a4=!a1!"
call :find_version
if "!installed!"=="!wanted!" exit /b 0
if not defined installed set "installed=nothing"
set "why=the server says that !installed! is installed, not !wanted!"
exit /b 0

rem Version of the program whose name begins with `set_program`, into `installed`; `a4` is the one that is looked for: where
rem several answer, that one counts. Trailing zeros say nothing: 4.3.1.0 is 4.3.1.
:find_version
for %%r in (HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall HKLM\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall) do (
  set "key="
  reg query %%r /s /v DisplayName >programs.out 2>nul <nul
  for /f "usebackq delims=" %%l in ("programs.out") do (
    set "line=%%l"
    call :program_line
  )
)
if defined installed exit /b 0
rem Where the registry does not say it, the executable does.
if not defined set_executable exit /b 0
if not exist "!set_executable!" exit /b 0
set "VF_FILE=!set_executable!"
powershell -NoLogo -NoProfile -NonInteractive -Command "(Get-Item -LiteralPath $env:VF_FILE).VersionInfo.ProductVersion" >version.out 2>nul <nul
for /f "usebackq" %%v in ("version.out") do if not defined installed set "installed=%%v"
call :plain_version
exit /b 0

:program_line
for /f "tokens=1 delims=\" %%h in ("!line!") do if "%%h"=="HKEY_LOCAL_MACHINE" set "key=!line!"
set "shown="
for /f "tokens=1,2*" %%a in ("!line!") do if "%%a"=="DisplayName" set "shown=%%c"
if defined shown call :candidate
exit /b 0

:candidate
if not defined key exit /b 0
call set "head=%%shown:~0,!set_program-length!%%"
if /i not "!head!"=="!set_program!" exit /b 0
reg query "!key!" /v DisplayVersion >version.out 2>nul <nul
set "other="
for /f "usebackq tokens=1,2*" %%x in ("version.out") do if "%%x"=="DisplayVersion" set "other=%%z"
if not defined other exit /b 0
if "!installed!"=="!a4!" exit /b 0
set "installed=!other!"
call :plain_version
exit /b 0

:plain_version
if not defined installed exit /b 0
if "%installed:~-2%"==".0" (
  set "installed=%installed:~0,-2%"
  goto :plain_version
)
exit /b 0

rem SETTLE TIMEOUT: up, and still the same process after a while.
:step_check-service
set /a "left=a2"
:steady
call :service_state
set "first=!pid!"
if not "!runs!"=="RUNNING" goto :unsteady
set "held=1"
for /l %%s in (1,1,%a1%) do if defined held (
  ping -n 2 127.0.0.1 >nul
  set /a "left-=1"
  call :service_state
  if not "!runs!"=="RUNNING" set "held="
  if not "!pid!"=="!first!" set "held="
)
if defined held exit /b 0
:unsteady
ping -n 2 127.0.0.1 >nul
set /a "left-=1"
if !left! gtr 0 goto :steady
set "why=the service is not steadily up after !a2! seconds"
exit /b 0

rem PORT TIMEOUT
:step_check-port
set /a "left=a2"
:listening
netstat -an -p tcp >ports.out 2>nul <nul
if errorlevel 1 netstat -an >ports.out 2>nul <nul
netstat -an -p tcpv6 >>ports.out 2>nul <nul
for /f "usebackq tokens=1-3" %%a in ("ports.out") do (
  for /f "tokens=2 delims=:" %%p in ("%%b") do if "%%p"=="!a1!" for %%f in (0.0.0.0:0 0.0.0.0:*) do if "%%c"=="%%f" exit /b 0
  for %%h in ([::] [::1]) do if "%%b"=="%%h:!a1!" exit /b 0
)
ping -n 2 127.0.0.1 >nul
set /a "left-=1"
if !left! gtr 0 goto :listening
set "why=nothing listens on port !a1! after !a2! seconds"
exit /b 0

rem TIMEOUT LINE
:step_check-command
set /a "left=a1"
:healthy
set "line=!a2!"
set "seconds=30"
call :limited
if "!code!"=="0" exit /b 0
ping -n 6 127.0.0.1 >nul
set /a "left-=5"
if !left! gtr 0 goto :healthy
set "why=the health check still fails after !a1! seconds"
exit /b 0

rem FILE ENTRY: one more entry on the rollback stack.
:step_record
if not exist "!a1!" (
  set "why=the history could not be written: !a1! is missing"
  exit /b 0
)
if not exist "!state!\history\" md "!state!\history" 2>nul
set "top=0"
set "recorded="
pushd "!state!\history"
for /f "delims=" %%f in ('dir /b /a-d /on 2^>nul') do for /f "tokens=1* delims=-" %%x in ("%%f") do (
  set "number=%%x"
  set "entry=%%y"
  call :higher
if "!entry!"=="!a2!" set "recorded=1"
if not defined entry exit /b 0
set /a "number=1!number! - 1000000"
if !number! gtr !top! set "top=!number!"
exit /b 0

rem ENTRY: takes it off the stack; it stays readable under undone.
:step_unrecord
if not exist "!state!\history\undone\" md "!state!\history\undone" 2>nul
pushd "!state!\history"
for %%f in (*-%a1%) do (
  move /y "%%f" undone\ >nul
  if exist "%%f" set "why=the history could not be written"
)
popd
exit /b 0

rem Behind this line nothing is undone any more.
:step_commit
exit /b 0
