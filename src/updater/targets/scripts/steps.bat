@echo off
rem The fixed vocabulary of a job's steps on Windows, and what they need: `call steps.bat NAME` from job.bat, in its process, with
rem its variables: a1 to a6 are the words of the step, set_KEY the settings of the job, `state` the state folder, `here` the
rem folder of the job, where all of this works. Each step may be run again after it was cut off in the middle, and says in
rem `why` what went wrong.
goto :step_%~1

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

rem PATH MEGABYTES (10^6 bytes); PATH is `system` for the system drive, whatever its letter is
:step_check-space
set "free="
for /f "delims=" %%d in ("!a1!") do set "drive=%%~dd"
if "!a1!"=="system" set "drive=!SystemDrive!"
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
if "!runs!"=="MISSING" goto :no_service
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
if "!runs!"=="MISSING" goto :no_service
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
rem It looks once a minute.
set "most=180"
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
