# Pages that the library writes: train/pictures/pages/NAME.html with NAME.css and NAME.js in their places, as the string NAME_page_text.
file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/train/pictures/pages/*.html)
foreach(page ${pages})
  string(REGEX REPLACE "\\.html$" "" stem ${page})
  get_filename_component(name ${stem} NAME)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page} ${stem}.css ${stem}.js)
  file(READ ${page} text)
  file(READ ${stem}.css style)
  file(READ ${stem}.js script)
  string(REPLACE "/*style*/" "${style}" text "${text}")
  string(REPLACE "/*script*/" "${script}" text "${text}")
  set(generated ${PROJECT_BINARY_DIR}/pages/${name}.cpp)
  file(WRITE ${generated}.new "namespace lexigrad::train {
extern const char ${name}_page_text[];
const char ${name}_page_text[] = R\"page(${text})page\";
}  // namespace lexigrad::train
")
  file(COPY_FILE ${generated}.new ${generated} ONLY_IF_DIFFERENT)
  target_sources(lexigrad PRIVATE ${generated})
endforeach()
