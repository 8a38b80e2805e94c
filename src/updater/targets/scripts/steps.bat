@echo off
rem The fixed vocabulary of a job's steps on Windows, and what they need: `call steps.bat NAME` from job.bat, in its process, with
rem its variables: a1 to a6 are the words of the step, set_KEY the settings of the job, `state` the state folder, `here` the
rem folder of the job, where all of this works. Each step may be run again after it was cut off in the middle, and says in
rem `why` what went wrong.
goto :step_%~1

rem ---- small things

rem As in job.bat: a line of the journal, with `text`.
:note
>>journal echo 0	%1	%2	%3	!text!
exit /b 0

rem Waits a second. There is no better way that every Windows has.
:nap
ping -n 2 127.0.0.1 >nul
exit /b 0

rem SHA-256 of the file `file`, into `hash`; empty where it could not be had.
:hash
set "hash="
set "bytes="
for %%f in ("%file%") do set "bytes=%%~zf"
rem certutil maps what it reads into memory, and nothing cannot be mapped.
if "!bytes!"=="0" set "hash=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
if defined hash exit /b 0
pushd "!here!"
certutil -hashfile "!file!" SHA256 >hash.out 2>>log <nul
for /f "usebackq skip=1 delims=" %%h in ("hash.out") do if not defined hash set "hash=%%h"
popd
if not defined hash exit /b 0
rem Old ones part the bytes by spaces.
set "hash=%hash: =%"
exit /b 0

rem Says in `same` whether the files `one` and `other` hold the same, by their SHA-256.
:same
set "same="
set "file=!one!"
call :hash
set "expected=!hash!"
set "file=!other!"
call :hash
if defined hash if "!hash!"=="!expected!" set "same=1"
exit /b 0

rem State of the service, into `runs`: RUNNING, STOPPED, START_PENDING and so on, the same words in every language; nothing where
rem there is no such service. `pid` is its process, where that is told.
:service_state
set "runs="
set "pid="
sc queryex "!set_service!" >service.out 2>&1 <nul
if errorlevel 1 sc query "!set_service!" >service.out 2>&1 <nul
for /f "usebackq tokens=1-3 delims=: " %%a in ("service.out") do (
  set "k1=%%a"
  set "k2=%%b"
  set "k3=%%c"
  call :service_line
)
exit /b 0

:service_line
for %%s in (RUNNING STOPPED START_PENDING STOP_PENDING PAUSED PAUSE_PENDING CONTINUE_PENDING) do if "!k3!"=="%%s" set "runs=%%s"
if "!k1!"=="PID" set "pid=!k2!"
exit /b 0

rem Starts `line` apart from this runner, and waits for its end at most `left` seconds; `code` is its exit code, empty where it
rem did not end.
:limited
if exist child.exit.* del child.exit.*
set "code="
start "" /b cmd /d /c job.bat child <nul >nul 2>nul
:limited_wait
if exist child.exit.* goto :limited_end
call :nap
set /a "left-=1"
if !left! gtr 0 goto :limited_wait
exit /b 0
:limited_end
for %%f in (child.exit.*) do set "code=%%~xf"
set "code=%code:~1%"
exit /b 0

rem A mark that no restart survives: values below HKLM\HARDWARE live in memory alone. No clock can be wrong about it.
:set_mark
reg add HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob /t REG_SZ /d "!job!" /f >>log 2>&1 <nul
reg query HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob >nul 2>nul
if errorlevel 1 goto :no_mark
type nul >marked
exit /b 0
:no_mark
set "why=a restart could not be proven: HKLM\HARDWARE cannot be written"
exit /b 0

:look_restarted
set "restarted="
if not exist marked exit /b 0
reg query HKLM\HARDWARE\DESCRIPTION /v VmsFleetJob >nul 2>nul
if errorlevel 1 set "restarted=1"
exit /b 0

rem Copies `from`, a folder or a file, to `to`; what is there and not in `from` goes.
:copy
if exist "!from!\" goto :copy_folder
copy /y /b "!from!" "!to!" >>log 2>&1 <nul
set "one=!from!"
set "other=!to!"
call :same
if not defined same set "why=!from! could not be copied"
exit /b 0
:copy_folder
robocopy "!from!" "!to!" /mir /xj /r:3 /w:1 /np /nfl /ndl /njh /njs >>log 2>&1 <nul
if not errorlevel 8 exit /b 0
rem From 16 on it has copied nothing at all, and where there is none that is 9009. Below, something stood in its way, and what
rem is there already must not go for that.
if errorlevel 16 goto :copy_slowly
set "why=!from! could not be copied whole, see the log of the job"
exit /b 0
:copy_slowly
if exist "!to!\" rd /s /q "!to!" 2>nul
md "!to!" 2>nul
xcopy "!from!" "!to!" /e /i /h /k /q /y >>log 2>&1 <nul
if errorlevel 1 set "why=!from! could not be copied whole, see the log of the job"
exit /b 0

rem SHA-256 and path of every file of `kept`, into the file `list`. (Hidden files are kept too, and not in the list.)
:sums
type nul >sums.new
if exist sums.bad del sums.bad
if not exist "!kept!" goto :sums_listed
if exist "!kept!\" goto :sums_folder
set "file=!kept!"
call :sum
goto :sums_listed
:sums_folder
pushd "!kept!"
rem The name of a file is data, and a ! in it is no variable.
setlocal DisableDelayedExpansion
for /r %%f in (*) do (
  set "file=%%f"
  call :sum
)
endlocal
popd
:sums_listed
if exist sums.bad set "why=a file in !kept! could not be read"
copy /y sums.new "!list!" >nul
exit /b 0

:sum
setlocal EnableDelayedExpansion
call :hash
if not defined hash type nul >"!here!\sums.bad"
>>"!here!\sums.new" echo !hash! !file!
exit /b 0

rem ---- steps

rem SHA256 FILE
:step_check-package
set "file=!state!\packages\!a1!\!a2!"
if not exist "!file!" goto :package_missing
call :hash
if /i not "!hash!"=="!a1!" set "why=package !a2! on this server is damaged: its SHA-256 is not !a1!"
exit /b 0
:package_missing
set "why=package !a2! is not on this server"
exit /b 0

rem PATH MEGABYTES (10^6 bytes)
:step_check-space
set "free="
for /f "delims=" %%d in ("!a1!") do set "drive=%%~dd"
dir /-c /a "!drive!\" >dir.out 2>nul
for /f "usebackq tokens=1-8" %%a in ("dir.out") do (
  set "k1=%%a"
  set "k2=%%b"
  set "k3=%%c"
  set "k4=%%d"
  set "k5=%%e"
  set "k6=%%f"
  set "k7=%%g"
  set "k8=%%h"
)
rem The last line: "12 Dir(s)  345 bytes free", in whatever language. Its last number is what is free.
for %%k in (1 2 3 4 5 6 7 8) do call :number %%k
if not defined free goto :space_unknown
rem Figures here have 31 bits, so it is counted in millions.
set "free=000000%free%"
set "free=%free:~0,-6%"
set "mb="
for /f "tokens=* delims=0" %%z in ("%free%") do set "mb=%%z"
if not defined mb set "mb=0"
if !mb! lss !a2! set "why=!mb! MB are free on !drive!, !a2! needed"
exit /b 0
:space_unknown
set "why=the room on !drive! could not be read"
exit /b 0

:number
if not defined k%1 exit /b 0
set "probe=!k%1!"
set "digits=1"
for /f "delims=0123456789" %%x in ("%probe%") do set "digits="
if defined digits set "free=!probe!"
exit /b 0

rem No installer of somebody else is at work: Windows runs one at a time.
:step_check-idle
reg query HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress >nul 2>nul
if not errorlevel 1 set "why=another installation is in progress on this server"
exit /b 0

:step_stop
call :service_state
if "!runs!"=="STOPPED" exit /b 0
if not defined runs goto :no_service
rem `net` stops what depends on it too, which `sc` refuses.
net stop "!set_service!" /y >>log 2>&1 <nul
call :service_state
if "!runs!"=="RUNNING" sc stop "!set_service!" >>log 2>&1 <nul
set "left=120"
:stop_wait
call :service_state
if "!runs!"=="STOPPED" exit /b 0
call :nap
set /a "left-=1"
if !left! gtr 0 goto :stop_wait
set "why=the service !set_service! did not stop within 2 minutes"
exit /b 0
:no_service
set "why=there is no service !set_service!"
exit /b 0

:step_start
call :service_state
if "!runs!"=="RUNNING" exit /b 0
if not defined runs goto :no_service
sc start "!set_service!" >>log 2>&1 <nul
set "left=120"
set "idle=0"
:start_service_wait
call :service_state
if "!runs!"=="RUNNING" exit /b 0
rem One that fell back to standing still will not come up by being waited for.
if "!runs!"=="STOPPED" set /a "idle+=1"
if !idle! gtr 4 goto :start_failed
call :nap
set /a "left-=1"
if !left! gtr 0 goto :start_service_wait
:start_failed
set "why=the service !set_service! did not start"
exit /b 0

:step_restart-service
call :step_stop
if not defined why call :step_start
exit /b 0

rem NAME SOURCE. The vendor forbids touching the files of a server while it runs, reading included; a machine that went down
rem since it was stopped has started it again.
:step_backup
set "to=!state!\backups\!set_backup!\!a1!"
if exist "!to!.done" exit /b 0
call :step_stop
if defined why exit /b 0
if exist "!to!\" rd /s /q "!to!" 2>nul
if exist "!to!" del /f /q "!to!" 2>nul
if not exist "!state!\backups\!set_backup!\" md "!state!\backups\!set_backup!"
set "from=!a2!"
if exist "!to!.absent" del "!to!.absent" >nul 2>nul
set "text=!from! is not there, so a rollback will remove what is there then"
if not exist "!from!" call :note note !n! backup
if not exist "!from!" type nul >"!to!.absent"
if exist "!from!" call :copy
if not defined why type nul >"!to!.done"
exit /b 0

rem NAME: writes down the SHA-256 of every file of the backup that this job made, once the service is up again.
:step_seal
set "kept=!state!\backups\!set_backup!\!a1!"
set "list=!kept!.sums"
call :sums
if not defined why exit /b 0
rem The update is done. A backup without sums is still one; it only is not looked through before it is put back.
set "text=!why!, so the backup !a1! is kept without its SHA-256 sums"
set "why="
del "!list!" >nul 2>nul
call :note note !n! seal
exit /b 0

rem ENTRY NAME
:step_check-backup
set "kept=!state!\backups\!a1!\!a2!"
if not exist "!kept!.done" goto :backup_missing
if exist "!kept!.absent" exit /b 0
if not exist "!kept!" goto :backup_missing
rem A job that was cut off before its end has not sealed it.
if not exist "!kept!.sums" exit /b 0
set "list=now.sums"
call :sums
if defined why exit /b 0
set "one=!kept!.sums"
set "other=now.sums"
call :same
if not defined same set "why=the backup !a1!\!a2! is damaged: its SHA-256 sums do not hold"
exit /b 0
:backup_missing
set "why=the backup !a1!\!a2! is missing"
exit /b 0

rem ENTRY NAME TARGET: puts back what a backup holds.
:step_restore
call :step_stop
if defined why exit /b 0
set "kept=!state!\backups\!a1!\!a2!"
if exist "!kept!.absent" goto :restore_nothing
set "from=!kept!"
set "to=!a3!"
call :copy
exit /b 0
:restore_nothing
if exist "!a3!\" rd /s /q "!a3!" 2>nul
if exist "!a3!" del /f /q "!a3!" 2>nul
if exist "!a3!" set "why=!a3! could not be removed"
exit /b 0

rem SHA256 FILE exe-or-msi VERSION MINUTES ARGUMENTS: the installer. Its exit code proves nothing; check-version does.
:step_run
if exist run.exit goto :run_ended
call :step_check-package
if defined why exit /b 0
if not exist run.begun goto :run_now
rem The machine went down under it: it may have been finished, or has to be run again, but not for ever.
set "wanted=!a4!"
call :find_version
if "!installed!"=="!wanted!" goto :run_was_whole
if exist run.again goto :run_twice
type nul >run.again
:run_now
call :set_mark
if defined why exit /b 0
type nul >run.begun
set "line="!state!\packages\!a1!\!a2!" !a6!"
if "!a3!"=="msi" set "line=msiexec /i "!state!\packages\!a1!\!a2!" !a6!"
set /a "left=a5*60"
call :limited
if not defined code goto :run_hangs
>run.exit echo !code!
:run_ended
for /f "usebackq" %%c in ("run.exit") do set "code=%%c"
if "!code!"=="0" exit /b 0
if "!code!"=="3010" goto :run_asks
if "!code!"=="1641" goto :run_restarts
set "why=the installer ended with exit code !code!"
exit /b 0
:run_was_whole
>run.exit echo 0
exit /b 0
:run_restarts
type nul >restart-begun
:run_asks
type nul >restart-asked
exit /b 0
:run_twice
set "why=the machine went down twice while the installer ran"
exit /b 0
:run_hangs
taskkill /f /t /im "!a2!" >>log 2>&1 <nul
rem Windows has one msiexec installation at a time, so it is ours.
if "!a3!"=="msi" taskkill /f /im msiexec.exe >>log 2>&1 <nul
set "why=the installer had not ended after !a5! minutes and was stopped"
exit /b 0

rem Seconds since 1970 by the clock of this machine, into `now`; nothing where it does not tell.
:clock
set "now="
powershell -NoLogo -NoProfile -NonInteractive -Command "[long]([datetime]::UtcNow - [datetime]'1970-01-01').TotalSeconds" >clock.out 2>nul <nul
for /f "usebackq" %%c in ("clock.out") do set "now=%%c"
exit /b 0

rem BEGIN END [wrong]: waits until BEGIN by the clock here, seconds since 1970; behind END it is too late. Whoever cancels ends it: the
rem runner asks for that before the next step. `wrong`: BEGIN and END were reckoned by a clock that is wrong, and mean nothing once it
rem is set.
:step_wait
set "seen="
if exist clock.seen for /f "usebackq" %%c in ("clock.seen") do set "seen=%%c"
rem At first the machine may have restarted, which takes it a quarter of an hour at most.
set "most=900"
:wait_look
call :clock
if not defined now goto :no_clock
if defined a3 call :same_clock
if defined why exit /b 0
if !now! geq !a1! goto :wait_over
set /a "left=a1-now"
rem The clock may be set meanwhile; asking for it costs the start of a program.
if !left! gtr 60 set "left=60"
:wait_on
if exist cancel exit /b 0
if !left! leq 0 goto :wait_look
if !left! leq 5 goto :wait_little
ping -n 6 127.0.0.1 >nul
set /a "left-=5"
goto :wait_on
:wait_little
call :nap
set /a "left-=1"
goto :wait_on
:wait_over
if !now! leq !a2! exit /b 0
set "why=the time at which it was to begin had passed: the machine was off then, or asleep"
exit /b 0
:no_clock
set "why=the clock of the server could not be read"
exit /b 0

rem Whether the clock shows no more than `most` seconds since it was last seen.
:same_clock
if not defined seen set "seen=!now!"
set /a "gone=now-seen"
if !gone! lss -120 goto :other_clock
if !gone! gtr !most! goto :other_clock
set "seen=!now!"
>clock.seen echo !seen!
set "most=120"
exit /b 0
:other_clock
set "why=its clock was wrong when this was armed, and has moved by !gone! seconds at once: it was set, or the machine was off"
exit /b 0

rem always, if-asked or never. Another boot than when the mark was set is the proof that it happened.
:step_restart
call :look_restarted
if defined restarted exit /b 0
set /a "left=!set_delay! + !set_going-down!"
set "waits=!left!"
if exist restart-begun goto :go_down
call :set_mark
if defined why exit /b 0
shutdown /r /f /t !set_delay! /d p:4:2 /c "!set_reason!" >restart.out 2>&1 <nul
if errorlevel 1 goto :restart_refused
type nul >restart-begun
rem The machine goes down under us. If it does not, that is a failure with a name.
:go_down
call :nap
set /a "left-=1"
if !left! gtr 0 goto :go_down
shutdown /a >nul 2>nul
del restart-begun >nul 2>nul
set "why=a restart was asked for, and the machine is still up !waits! seconds later"
exit /b 0
:restart_refused
set "why=the restart was refused"
for /f "usebackq delims=" %%l in ("restart.out") do set "why=the restart was refused: %%l"
exit /b 0

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

rem FILE ENTRY: one more entry on the rollback stack.
:step_record
if not exist "!a1!" goto :record_missing
if not exist "!state!\history\" md "!state!\history" 2>nul
set "top=0"
set "recorded="
pushd "!state!\history"
for /f "tokens=1* delims=-" %%x in ('dir /b /a-d /on 2^>nul') do (
  set "number=%%x"
  set "rest=%%y"
  call :higher
)
popd
if defined recorded exit /b 0
set /a "next=1000000 + top + 1"
copy /y "!a1!" "!state!\history\new" >nul
move /y "!state!\history\new" "!state!\history\%next:~1%-!a2!" >nul
if not exist "!state!\history\%next:~1%-!a2!" set "why=the history could not be written"
exit /b 0
:record_missing
set "why=the history could not be written: !a1! is missing"
exit /b 0

rem Files are called NNNNNN-ENTRY. (A number that begins with 0 would count as octal.)
:higher
if not defined rest exit /b 0
if "!rest!"=="!a2!" set "recorded=1"
set /a "number=1!number! - 1000000"
if !number! gtr !top! set "top=!number!"
exit /b 0

rem ENTRY: takes it off the stack; it stays readable under undone.
:step_unrecord
if not exist "!state!\history\undone\" md "!state!\history\undone" 2>nul
pushd "!state!\history"
for %%f in (*-%a1%) do move /y "%%f" undone\ >nul
set "left="
for %%f in (*-%a1%) do set "left=1"
popd
if defined left set "why=the history could not be written"
exit /b 0

rem Behind this line nothing is undone any more.
:step_commit
exit /b 0
