@echo off
rem The runner of a job on Windows: reads `plan`, does its steps one after the other, and writes a line into `journal` before
rem and after each. Lies in the folder of the job, STATE\jobs\ID, and works there, so most of its paths are short and its own.
rem Words of the plan that are not plain stand in files of their own (words\@1, ...), are read by `set /p` and used as !word!:
rem nothing of the plan is ever parsed as a command. Every step (steps.bat) may be run again: a job goes on from where its
rem journal ends.
rem
rem   job.bat start     takes the lock of the server and has the job run by a scheduled task, which outlives sessions and boots
rem   job.bat run       runs it here; what that task does, now and at each boot until the job has ended
rem   job.bat look      prints the journal, and how the job stands
rem   job.bat cancel    asks it to stop before the next step; has it ended with its undo steps if nobody runs it
rem
rem Plan lines, words parted by tabs: set KEY WORD, or step N NAME WORD..., or undo N NAME WORD... where N is the step that it
rem takes back, newest first, down to the last commit. Journal: 0 EVENT N STEP TEXT, with the events begin, end, fail, undo,
rem note. Exit, written last: done, failed or cancelled, STEP, TEXT.
rem
rem Written flat, a call for each loop's body: blocks within blocks are read differently by every cmd.exe there is.
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
if exist exit goto :start_ended
call :look_alive
if not defined alive call :end_line
call :take_lock
if defined holder goto :start_busy
rem Whoever asks how the server is learns of this job, until another one works here.
>"!state!\last.!job!" echo job:!job!
move /y "!state!\last.!job!" "!state!\last" >nul
call :look_alive
if defined alive goto :start_running
schtasks /create /tn "!task!" /xml task.xml /f >start.out 2>&1 <nul
if errorlevel 1 goto :start_refused
schtasks /run /tn "!task!" >start.out 2>&1 <nul
if errorlevel 1 goto :start_refused
rem Started means that its runner has been seen.
set "left=20"
:start_wait
if exist running goto :started
if exist exit goto :started
ping -n 2 127.0.0.1 >nul
set /a "left-=1"
if !left! gtr 0 goto :start_wait
>start.out echo the task was started, and its runner did not show within 20 seconds
rem It may show yet, and nobody would expect it any more.
schtasks /end /tn "!task!" >nul 2>nul <nul
:start_refused
rem What is said not to have started must not start with the next boot.
schtasks /delete /tn "!task!" /f >nul 2>nul <nul
call :drop_lock
echo @@refused
type start.out
exit /b 1
:start_ended
echo @@ended
exit /b 0
:start_busy
echo @@busy !holder!
exit /b 75
:start_running
echo @@running
exit /b 0
:started
echo @@started
exit /b 0

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
if exist exit echo @@exit
if exist exit type exit
echo @@looked
exit /b 0

rem The runner holds a file open, and what is held cannot be deleted; a machine that went down holds nothing.
:look_alive
set "alive="
if not exist running exit /b 0
del running >nul 2>nul
if exist running set "alive=yes"
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
set "why="
set "steps="
for /f "usebackq tokens=1-3 delims=	" %%a in ("plan") do (
  set "kind=%%a"
  set "key=%%b"
  set "word=%%c"
  call :read_setting
)
rem A plan that a full disk or a power cut has emptied is none, and its job is not done.
set "text=its plan has no step"
if not defined steps call :finish failed -
if defined ended exit /b 0
rem Whatever fills the disk meanwhile, there is room for the end of the job.
if not exist reserve copy /y job.bat reserve >nul
call :end_line
if exist journal call :read_journal
if not defined failed goto :go_on
rem It was cut off while it took things back: what is half undone is not gone on with.
set "n=!failed!"
set "name=!failed_step!"
set "why=!failed_why!"
set "result=failed"
if "!why!"=="cancelled" set "result=cancelled"
goto :give_up

:go_on
for /f "usebackq tokens=1-9 delims=	" %%a in ("plan") do (
  set "kind=%%a"
  set "number=%%b"
  set "word=%%c"
  set "w1=%%d"
  set "w2=%%e"
  set "w3=%%f"
  set "w4=%%g"
  set "w5=%%h"
  set "w6=%%i"
  call :plan_line
)
set "text="
if not defined ended call :finish done -
exit /b 0

:read_setting
if "!kind!"=="step" set "steps=1"
if not "!kind!"=="set" exit /b 0
call :word word
set "set_!key!=!word!"
exit /b 0

rem A power cut may have torn the last line of the journal: what comes next must not be read as its rest. Blank lines are none.
:end_line
if exist journal >>journal echo.
exit /b 0

:read_journal
for /f "usebackq tokens=1-5 delims=	" %%a in ("journal") do (
  set "event=%%b"
  set "number=%%c"
  set "step=%%d"
  set "text=%%e"
  call :journal_line
)
for /f "usebackq tokens=1-3 delims=	" %%a in ("plan") do (
  set "kind=%%a"
  set "number=%%b"
  set "step=%%c"
  call :count_commit
)
exit /b 0

:journal_line
rem One that is torn may have lost digits of its number, and has lost its step with them.
if "!event!"=="end" if defined step set "done=!number!"
if "!event!"=="begin" call :look_late
if not "!event!"=="fail" exit /b 0
set "failed=!number!"
set "failed_step=!step!"
set "failed_why=!text!"
exit /b 0

rem Behind these a job is not cancelled any more: it ends by itself.
:look_late
if "!step!"=="run" set "late=1"
if "!step!"=="restart" set "late=1"
if "!step!"=="restart-service" set "late=1"
exit /b 0

:count_commit
if not "!kind!"=="step" exit /b 0
if not "!step!"=="commit" exit /b 0
if !number! leq !done! set "committed=!number!"
exit /b 0

:plan_line
if not "!kind!"=="step" exit /b 0
if defined ended exit /b 0
if !number! leq !done! exit /b 0
set "n=!number!"
set "name=!word!"
set "step=!word!"
set "a1=!w1!"
set "a2=!w2!"
set "a3=!w3!"
set "a4=!w4!"
set "a5=!w5!"
set "a6=!w6!"
if not exist cancel goto :not_cancelled
if defined late goto :not_cancelled
set "text=cancelled"
call :note fail !n! !name!
set "why=cancelled before this step; what was begun is taken back"
set "result=cancelled"
set /a "n-=1"
goto :give_up
:not_cancelled
call :take_lock
if not defined holder goto :have_lock
set "text=job !holder! has taken the lock of this server"
call :finish failed !name!
exit /b 0
:have_lock
call :look_late
set "text="
if not "!name!"=="restart" goto :begin
rem Where the installer asked for no restart there is none, and none is told.
if "!a1!"=="always" goto :begin_restart
if not exist restart-asked exit /b 0
if "!a1!"=="if-asked" goto :begin_restart
set "text=the installer asks for a restart of the machine, and this system allows none: part of the update may wait for the next one"
call :note note !n! restart
exit /b 0
:begin_restart
rem Whoever watches learns from here which boot time must go.
set "text=!set_boot-before!"
:begin
call :note begin !n! !name!
call :do
if defined why goto :failed
set "text="
call :note end !n! !name!
if "!name!"=="commit" set "committed=!n!"
exit /b 0
:failed
set "text=!why!"
call :note fail !n! !name!
set "result=failed"
goto :give_up

rem Does the step `name` with the words a1 to a6; `why` says afterwards what went wrong, or nothing.
:do
set "why="
for %%k in (1 2 3 4 5 6) do call :word a%%k
if defined why exit /b 0
set "known="
for %%s in (wait check-package check-space check-idle stop start restart-service backup seal check-backup restore) do if "!name!"=="%%s" set "known=1"
for %%s in (run restart check-version check-service check-port check-command record unrecord commit) do if "!name!"=="%%s" set "known=1"
if not defined known set "why=this runner knows no step !name!"
if defined known call steps.bat !name!
exit /b 0

rem Gives a variable the word that it refers to, where it refers to one.
:word
if not defined %1 exit /b 0
set "probe=!%1!"
if not "%probe:~0,1%"=="@" exit /b 0
if not exist "words\!probe!" set "why=words\!probe! of its plan is missing"
if exist "words\!probe!" set /p "%1="<"words\!probe!"
exit /b 0

rem Takes back what was done since the last commit, newest first, and ends.
:give_up
set "ended=1"
set "whole=1"
set "failure=!why!"
set "where=!name!"
:give_up_next
if !n! leq !committed! goto :given_up
for /f "usebackq tokens=1-9 delims=	" %%a in ("plan") do (
  set "kind=%%a"
  set "number=%%b"
  set "name=%%c"
  set "a1=%%d"
  set "a2=%%e"
  set "a3=%%f"
  set "a4=%%g"
  set "a5=%%h"
  set "a6=%%i"
  call :undo_line
)
set /a "n-=1"
goto :give_up_next
:given_up
set "text=!failure!"
if not defined whole set "text=!failure!; and not all of it could be undone, see the journal of the job"
call :finish !result! !where!
exit /b 0

:undo_line
if not "!kind!"=="undo" exit /b 0
if not "!number!"=="!n!" exit /b 0
set "text="
call :note undo 0 !name!
call :do
if not defined why exit /b 0
set "whole="
set "text=could not be undone: !why!"
call :note note 0 !name!
exit /b 0

rem What it says stands in `text`: `call` would read a word of it a second time, its %% and quotes included.
:note
>>journal echo 0	%1	%2	%3	!text!
exit /b 0

:finish
set "ended=1"
if exist reserve del reserve
>exit.new echo %1	%2	!text!
rem On a full disk it may be empty all the same, and an end that says nothing is none: the job stays, and ends when there is room.
for %%f in (exit.new) do if not "%%~zf"=="0" move /y exit.new exit >nul
if not exist exit exit /b 0
call :drop_lock
schtasks /delete /tn "!task!" /f >>log 2>&1 <nul
exit /b 0

rem Runs `line` for steps.bat, and leaves its exit code: in the name of an empty file, which a full disk takes too.
:child
start "" /b /wait !line! <nul >>child.log 2>&1
set "code=!errorlevel!"
type nul >!child!.exit.!code!
exit
