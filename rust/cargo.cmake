# Runs cargo for CMakeLists.txt: cmake -DCARGO=… -DRUSTC=… -DPROFILE=… -DSOURCE_DIR=… -DTARGET_DIR=… [-DTESTS=ON | -DLIBRARY=…]
# -P cargo.cmake
#
# A script, because what it reads from the environment may differ between configuring and building.
cmake_minimum_required(VERSION 3.25)

if(NOT "$ENV{ASSAY_RUST_TARGET_DIR}" STREQUAL "")
  set(TARGET_DIR "$ENV{ASSAY_RUST_TARGET_DIR}")
endif()

# C++ is compiled at the same time, so cargo takes no more than its share.
if(NOT "$ENV{CARGO_BUILD_JOBS}" STREQUAL "")
  set(jobs "$ENV{CARGO_BUILD_JOBS}")
elseif(NOT "$ENV{CMAKE_BUILD_PARALLEL_LEVEL}" STREQUAL "")
  set(jobs "$ENV{CMAKE_BUILD_PARALLEL_LEVEL}")
else()
  cmake_host_system_information(RESULT processors QUERY NUMBER_OF_LOGICAL_CORES)
  math(EXPR jobs "(${processors} + 1) / 2")
endif()

set(ENV{RUSTC} "${RUSTC}")
set(ENV{CARGO_TARGET_DIR} "${TARGET_DIR}")

set(command build)
if(TESTS)
  set(command test)
endif()
execute_process(
  COMMAND "${CARGO}" ${command} --quiet --locked --profile "${PROFILE}" --jobs "${jobs}"
  WORKING_DIRECTORY "${SOURCE_DIR}"
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "cargo ${command} failed (${result})")
endif()

if(LIBRARY)
  file(COPY_FILE "${TARGET_DIR}/${PROFILE}/libassay_rust.a" "${LIBRARY}")
  file(TOUCH "${LIBRARY}")
endif()
