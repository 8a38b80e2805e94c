rem What the steps need. Stands behind steps.bat, in the same file on a server.

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
if not exist "!file!" exit /b 0
rem A virus scanner may hold it for a moment.
set "looks=5"
pushd "!here!"
:hash_look
certutil -hashfile "!file!" SHA256 >hash.out 2>>log <nul
rem Its failures have negative numbers, and two lines too.
if "!errorlevel!"=="0" goto :hash_told
call :nap
set /a "looks-=1"
if !looks! gtr 0 goto :hash_look
popd
exit /b 0
:hash_told
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

rem State of the service, into `runs`: RUNNING, STOPPED, START_PENDING and so on, the same words in every language; MISSING where
rem there is no such service, nothing where Windows cannot say it now. `pid` is its process, where that is told.
:service_state
set "runs="
set "pid="
sc queryex "!set_service!" >service.out 2>&1 <nul
if errorlevel 1 sc query "!set_service!" >service.out 2>&1 <nul
if errorlevel 1060 if not errorlevel 1061 set "runs=MISSING"
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
rem did not end. Such a one is still at it: the next waits until it has ended, and its late code is nobody's.
:limited
set "code="
if not defined child goto :limited_begin
:limited_turn
if exist "!child!.exit.*" goto :limited_begin
call :nap
set /a "left-=1"
if !left! gtr 0 goto :limited_turn
exit /b 0
:limited_begin
if defined child del "!child!.exit.*" >nul 2>nul
set "child=child-%random%%random%"
start "" /b cmd /d /c job.bat child <nul >nul 2>nul
:limited_wait
if exist "!child!.exit.*" goto :limited_end
call :nap
set /a "left-=1"
if !left! gtr 0 goto :limited_wait
exit /b 0
:limited_end
for %%f in (%child%.exit.*) do set "code=%%~xf"
set "code=%code:~1%"
del "!child!.exit.*" >nul 2>nul
set "child="
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
