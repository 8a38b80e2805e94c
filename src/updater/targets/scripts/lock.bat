rem Who works on a server. Stands behind job.bat, in the same file on a server.

rem The lock is a file whose text names the job. It gets its name in one go, and only where there is none. `holder` says
rem afterwards whose it is, where it is not ours.
:take_lock
set "tries=0"
:try_lock
call :read_lock
if "!holder!"=="!job!" goto :lock_is_ours
if not defined holder goto :lock_is_free
if not exist "!state!\jobs\!holder!\plan" goto :lock_is_free
if not exist "!state!\jobs\!holder!\exit" exit /b 0
:lock_is_free
set "stale=!holder!"
set "moved="
if exist "!state!\lock" call :move_lock
if defined holder goto :lock_again
set "text=the lock of job !stale!, which is gone, was taken over"
if defined moved if defined stale call :note note 0 lock
>"!state!\lock.!job!" echo job:!job!
ren "!state!\lock.!job!" lock >nul 2>nul
if exist "!state!\lock.!job!" del "!state!\lock.!job!" >nul 2>nul
call :read_lock
if "!holder!"=="!job!" goto :lock_is_ours
:lock_again
rem Somebody else had it meanwhile. Who that is, and whether he works, the next look says.
set /a "tries+=1"
if !tries! lss 5 goto :try_lock
set "holder=unknown"
exit /b 0
:lock_is_ours
set "holder="
exit /b 0

rem Takes the lock away where it is that of job `stale`, and says so in `moved`. Whoever gets it moved aside looks at it again:
rem somebody else may have been faster, gets it back, and is the `holder`.
:move_lock
set "holder="
set "moved="
set "aside=!state!\lock.stale.!job!"
if exist "!aside!" del "!aside!" >nul 2>nul
ren "!state!\lock" "lock.stale.!job!" >nul 2>nul
if not exist "!aside!" exit /b 0
for /f "usebackq tokens=1,2 delims=:" %%a in ("..\..\lock.stale.%job%") do if "%%a"=="job" set "holder=%%b"
if not "!holder!"=="!stale!" goto :give_lock_back
del "!aside!" >nul 2>nul
set "holder="
set "moved=1"
exit /b 0
:give_lock_back
ren "!aside!" lock >nul 2>nul
exit /b 0

:read_lock
set "holder="
if not exist "!state!\lock" exit /b 0
for /f "usebackq tokens=1,2 delims=:" %%a in ("..\..\lock") do if "%%a"=="job" set "holder=%%b"
exit /b 0

rem The job has its end by now, so the next one may take the lock over at any moment.
:drop_lock
call :read_lock
set "stale=!job!"
if "!holder!"=="!job!" call :move_lock
exit /b 0
